#include <iostream>
int main() { std::cout << "axia " AXIA_VERSION "\n"; }
