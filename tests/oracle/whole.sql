create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i+1 from n where i<200) insert into t select i, 'row '||(i*7919%200), i*1.5 from n;
create index tb on t(b);
select sum(a), avg(c), max(b) from t where b like 'row 1%';
select b, count(*) from t group by substr(b,1,5) order by 2 desc, 1 limit 5;
delete from t where a%3=0; update t set c=c*2 where a between 20 and 60;
select total(c), count(*) from t;
