// Writes the tests' tiny model to a file: whole commands in a second.
#include "support/tiny_model.h"

int main(int count, char** words) {
    if (count != 2) return 2;
    axia::test::write_tiny_model(words[1]);
}
