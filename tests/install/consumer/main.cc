// What a user of the installed library writes: public headers only, no flags of ours.
#include <axia/core/error.h>
#include <axia/core/hash.h>
#include <axia/data/value_system.h>
#include <axia/model/model.h>

#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    // FIPS 180-2, appendix B.1
    const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    if (axia::core::sha256_hex("abc") != abc) return 3;
    std::cout << axia::data::read_value_system(argv[1]).values.size() << " values\n";
    try {  // reaches into libllama's part of the link
        axia::model::Model::load("no such file");
    } catch (const axia::core::Error& error) {
        std::cout << error.what() << '\n';
        return axia::core::exit_code(error.kind()) == 2 ? 0 : 4;
    }
    return 5;
}
