union sizes {
	char bytes[24];
	long words[3];
};
