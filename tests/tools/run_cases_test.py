#!/usr/bin/env python3
"""The runner of text cases can fail: each wrong expectation is a complaint, and a right one is none."""
import os
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cases"))
import run_cases  # noqa: E402

# prints its arguments; `fail` prints to stderr and exits 2
PROGRAM = """#!/bin/sh
case $1 in
fail) echo "axia: $2" >&2; exit 2 ;;
json) echo '{"a": [1, {"b": "x"}]}' ;;
write) echo text >out.txt ;;
*) echo "$*" ;;
esac
"""
HEADER = "name: n\ndescription: d\ngroup: fast\n"


class RunCases(unittest.TestCase):
    def verdict(self, text, header=HEADER):
        with tempfile.TemporaryDirectory() as folder:
            program, case = pathlib.Path(folder, "program"), pathlib.Path(folder, "x.case")
            program.write_text(PROGRAM)
            program.chmod(0o755)
            case.write_text(header + text)
            return run_cases.run_case(case, str(program), False)[0]

    def both(self, good, bad):
        self.assertEqual(self.verdict(good), "passed", good)
        self.assertEqual(self.verdict(bad), "failed", bad)

    def test_exit(self):
        self.both("run: axia a\n", "run: axia fail x\n")
        self.both("run: axia fail x\nexit: 2\n", "run: axia a\nexit: 2\n")

    def test_lines(self):
        self.both("run: axia a b\nexpect:\n  a b\nstderr:\n", "run: axia a b\nexpect:\n  a\n")
        self.both("run: axia a b\nexpect:\n  ~a .\n", "run: axia a b\nexpect:\n  ~a\n")
        self.both("run: axia a b\nexpect:\n  ...\n  a b\n  ...\n", "run: axia a b\nexpect:\n  ...\n  b\n")
        self.both("run: axia fail x\nexit: 2\nstderr:\n  axia: x\n", "run: axia fail x\nexit: 2\nstderr:\n")

    def test_error(self):
        self.both("run: axia fail 'no file'\nerror: no file$\n", "run: axia fail 'no file'\nerror: no folder\n")
        self.assertEqual(self.verdict("run: axia a\nerror: .\n"), "failed")

    def test_json(self):
        self.both("run: axia json\njson: a.# = 2\n", "run: axia json\njson: a.# = 3\n")
        self.both("run: axia json\njson: a.1.b ~ ^x$\n", "run: axia json\njson: a.1.b ~ y\n")
        self.both("run: axia json\njson: a.0 > 0\n", "run: axia json\njson: a.0 < 0\n")
        self.assertEqual(self.verdict("run: axia json\njson: c = 1\n"), "failed")
        self.assertEqual(self.verdict("run: axia a\njson: c = 1\n"), "failed")

    def test_files(self):
        self.both("run: axia write\npresent: out.*\ncontent: out.txt\n  text\n", "run: axia write\nabsent: out.*\n")
        self.assertEqual(self.verdict("run: axia write\ncontent: out.txt\n  other\n"), "failed")
        self.assertEqual(self.verdict("run: axia a\npresent: out.txt\n"), "failed")
        self.assertEqual(self.verdict("copy: a nowhere\nrun: axia a\n"), "failed")

    def test_a_model_that_is_not_there(self):
        os.environ.pop("AXIA_TEST_MODEL_FILE", None)
        self.assertEqual(self.verdict("run: axia fail x\n", HEADER.replace("fast", "model")), "skipped")

    def test_bad_cases(self):
        for text in ("", "wrong: x\nrun: axia a\n", "expect:\n  a\n", "run: other a\n"):
            with self.assertRaises(run_cases.BadCase):
                self.verdict(text)
        with self.assertRaises(run_cases.BadCase):
            self.verdict("run: axia a\n", "name: n\ngroup: fast\n")


if __name__ == "__main__":
    unittest.main()
