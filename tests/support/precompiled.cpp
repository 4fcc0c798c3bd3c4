// The program whose precompiled header all test programs use.
int main() {}
