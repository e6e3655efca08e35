#!/usr/bin/env python3
"""Every rule of tools/check_tree.py can fail: a good tree passes, and each small wrong turns up under its rule."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import check_tree  # noqa: E402

GOOD = {
    "include/axia/core/error.h": "#pragma once\n#include <string>\nnamespace axia::core {\nint code(int kind = {});\n}\n",
    "include/axia/math/matrix.h": "#pragma once\n#include <vector>\nstruct Matrix {\n    int n() const { return f(1); }\n    int f(int) const { return 1; }\n};\n",
    "include/axia/model/model.h": "#pragma once\n#include \"axia/core/error.h\"\nstruct llama_model;\nclass Model {\n    llama_model* handle() const noexcept;\n};\n",
    "src/core/error.cc": "#include \"axia/core/error.h\"\nint axia::core::code(int kind) { return kind; }\n",
    "src/model/model.cc": "#include \"axia/model/model.h\"\n#include <llama.h>\n#include \"axia/core/error.h\"\n",
    "src/measure/measure.cc": "#include \"axia/core/error.h\"\n",
    "tests/unit/core/error_test.cc": "#include \"axia/core/error.h\"\n",
    "tests/unit/model/model_test.cc": "#include <gtest/gtest.h>\n#include \"axia/measure/later.h\"\n",
    "tests/unit/measure/measure_test.cc": "",
    "apps/cli/main.cc": "#include <CLI/CLI.hpp>\n#include \"axia/core/error.h\"\n#include \"screen.h\"\n",
    "values/schwartz/long.py": "x\n" * 700,
    "README.md": "Gr\u00fc\u00dfe; a path like ~/.cache/axia, at/work/now or $HOME/work/x\n",
}


class CheckTree(unittest.TestCase):
    def complaints(self, changes):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**GOOD, **changes}.items():
                if text is None:
                    continue
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return check_tree.check_tree(root)[1]

    def expect(self, name, text, *words, **more):
        """Putting `text` into `name` gives exactly one complaint, which holds all `words`."""
        problems = self.complaints({name: text, **more})
        self.assertEqual(len(problems), 1, problems)
        for word in (name, *words):
            self.assertIn(word, problems[0])

    def test_good_tree(self):
        self.assertEqual(self.complaints({}), [])

    def test_room_below(self):
        self.expect("src/core/error.cc", '#include "axia/model/model.h"\n', ":1: direction", "core stands above model")
        self.expect("src/core/error.cc", '#include "math/rows.h"\n', "core stands above math")
        self.expect("include/axia/core/error.h", '#pragma once\n#include "axia/math/matrix.h"\n', ":2: direction")

    def test_rooms_of_files(self):
        self.expect("src/measure/measure.cc", '#include "axia/model/model.h"\n', "measure works on files")

    def test_apps(self):
        self.expect("apps/cli/main.cc", '#include "model/zip.h"\n', "direction", "include/axia alone")
        self.expect("src/model/model.cc", '#include "apps/cli/screen.h"\n', "direction", "nothing may include")
        self.expect("src/core/error.cc", '#include "axia/utils/x.h"\n', "direction", "no room utils")

    def test_native(self):
        self.expect("src/core/error.cc", "#include <ggml-backend.h>\n", "native", "ggml-backend.h")
        self.expect("apps/cli/main.cc", "#include <llama.h>\n", "native")

    def test_length(self):
        self.expect("src/core/error.cc", "int x;\n" * 601, ":601: length", "601 lines")
        self.assertEqual(self.complaints({"src/core/error.cc": "int x;\n" * 600}), [])

    def test_public_header(self):
        name = "include/axia/math/matrix.h"
        self.expect(name, "#pragma once\n#include <Eigen/Core>\n", ":2: public header", "Eigen/Core")
        self.expect(name, '#pragma once\n#include "math/rows.h"\n', ":2: public header", "math/rows.h")
        self.expect(name, "#include <vector>\n", "#pragma once")
        self.expect(name, "#pragma once\n#define AXIA_X 1\n", ":2: public header", "#define")
        self.expect(name, "#pragma once\nstruct M {\n    nlohmann::json j;\n};\n", ":3: public header", "nlohmann")
        self.expect(name, "#pragma once\nstruct llama_context;\n", "llama_context")
        self.assertEqual(self.complaints({name: "#pragma once\n// like nlohmann::json, #define and llama_context\n"}), [])

    def test_ascii(self):
        self.expect("src/core/error.cc", "// gr\u00fc\u00df\n", ":1: ascii")

    def test_header_without_source(self):
        self.expect("include/axia/math/matrix.h", "#pragma once\nnamespace a {\n/// Rows; of x.\nint rows(int n,\n         int m = {});\n}\n",
                    "mirror", "src/math/matrix.cc")
        self.expect("include/axia/math/matrix.h", "#pragma once\nclass A {\n  public:\n    int x() const noexcept;\n};\n", "mirror")
        self.expect("include/axia/math/matrix.h", "#pragma once\nclass A {\n    A();\n};\n", "mirror")
        for text in ("int x = f(1);", "enum class E { a, b };", "inline int f() { g(1); return 2; }",
                     "using F = std::function<int(int)>;", "struct S { std::function<int(int)> f; int a = 3; };",
                     "struct S { S() = default; S(const S&) = delete; };", "// int f(int);"):
            self.assertEqual(self.complaints({"include/axia/math/matrix.h": "#pragma once\n" + text + "\n"}), [], text)

    def test_tests_mirror(self):
        self.expect("tests/unit/core/errors_test.cc", "", "mirror", "core/errors")
        self.assertIn("src/math:1: mirror: the room has no test in tests/unit/math/", self.complaints({"src/math/rows.cc": ""}))
        self.assertEqual(self.complaints({"tests/unit/core/core_test.cc": "", "tests/unit/core/error_slow_test.cc": ""}), [])

    def test_places(self):
        self.expect("README.md", "see " + "/ro" + "ot/x\n", ":1: places", "one machine")
        self.expect("README.md", "\ncd " + "/ho" + "me/ann\n", ":2: places")
        self.expect("values/a.jsonl", '"' + "/wo" + 'rk/x"\n', "places")
        self.expect("docs/a.md", "in " + "/tmp" + "/dl\n", "places")
        for host in ("py" + "pi.org", "registry.npm" + "js.org", "deb.deb" + "ian.org"):
            self.expect("docs/a.md", f"from https://{host}/x\n", "places", host)
        self.assertEqual(self.complaints({"docs/a.md": "the pypi kind, example.org, notpypi" + ".org.uk\n"}), [])

    def test_rooms(self):
        self.expect("src/utils/x.cc", "", "rooms", "'utils' is not a room")
        self.expect("src/x.cc", "", "rooms", "lies in no room")
        self.expect("tests/unit/misc/x.h", "", "rooms", "misc")

    def test_undone(self):
        for word in ("TO" + "DO", "FIX" + "ME"):
            self.expect("src/core/error.cc", f"// {word}: later\n", ":1: undone", word)


if __name__ == "__main__":
    unittest.main()
