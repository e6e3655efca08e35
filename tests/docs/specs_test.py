#!/usr/bin/env python3
"""What docs/specs.md says is tested, is: specs_test.py [BUILD].

Every row names files that exist and tests that exist (of GoogleTest, of ctest, of tests/cases), and every section has rows. With
a build folder, GoogleTest's tests must be in ctest's own list too, so that a test that is no longer built does not go unnoticed.
The rules are tried on wrong pages first.
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECTIONS = ["S012", "S018", "S022", "S024", "S028", "S029", "S031", "S041", "S101", "S121"]


def tests_of(root):
    """Names of GoogleTest's tests in the sources, and of ctest's."""
    google, others = set(), set()
    for file in [*root.glob("tests/**/*.cc"), *root.glob("apps/**/*.cc")]:
        google.update(".".join(pair) for pair in re.findall(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", file.read_text(), re.M))
    for file in root.glob("tests/**/CMakeLists.txt"):
        text = file.read_text()
        others.update(re.findall(r"add_test\(NAME ([\w.]+)[\s)]", text))
    for file in root.glob("tests/cases/*/*.case"):
        others.add(f"case.{file.parent.name}.{file.stem}")
    return google, others


def google_name(name):
    """Suite.Test of ctest's name, without the room, the instance of the suite and its parameter."""
    match = re.fullmatch(r"unit\.\w+?\.(?:\w+/)?(\w+\.\w+)(?:/\w+)?", name)
    return match.group(1) if match else name


def built_tests(build):
    """GoogleTest's tests in ctest's list, or None where some binary is not built."""
    listed = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True, check=True).stdout
    names = [test["name"] for test in json.loads(listed)["tests"]]
    if any(name.endswith("_NOT_BUILT") for name in names):
        return None
    return {google_name(name) for name in names}


def complaints(text, google, others, built=None, sections=(), exists=lambda path: (ROOT / path).exists()):
    problems, seen, filled = [], [], set()
    for number, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"## (S\d{3})\b", line)
        if heading:
            seen.append(heading.group(1))
        if not line.startswith("|") or re.match(r"\|[\s|:-]+$", line) or not seen:
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:].removesuffix("|"))]
        if cells == ["what", "where", "test"]:
            continue
        filled.add(seen[-1])
        if len(cells) != 3:
            problems.append(f"line {number}: {len(cells)} cells where 3 are wanted")
            continue
        _, place, checked = cells
        for path in re.findall(r"`([^`]+)`", place):
            if not exists(path):
                problems.append(f"line {number}: there is no file {path}")
        names = re.findall(r"`([^`]+)`", checked)
        if not names:
            problems.append(f"line {number}: names no test")
        for name in names:
            if name not in google and name not in others:
                problems.append(f"line {number}: there is no test {name}")
            elif built is not None and name in google and name not in built:
                problems.append(f"line {number}: {name} is in the sources, but ctest does not know it")
    if seen != sorted(set(seen)):
        problems.append("sections are not in order")
    problems += [f"section {name} is missing" for name in sections if name not in seen]
    problems += [f"section {name} has no row" for name in seen if name not in filled]
    return problems


def try_the_rules():
    for name, wanted in {"unit.math.Elo.AsInS012": "Elo.AsInS012", "unit.measure_slow.A.B": "A.B", "unit.math.All/C.D/0": "C.D",
                         "unit.math.All/C.D/one": "C.D", "case.measure.bad": "case.measure.bad"}.items():
        if google_name(name) != wanted:
            sys.exit(f"{name} is read as {google_name(name)}")
    # (page, words of its one complaint); no words: none
    row = "## S012 a\n\n| what | where | test |\n|---|---|---|\n| x | {} | {} |\n"
    cases = [
        (row.format("`a.cc`", "`A.B`"), ""),
        (row.format("`b.cc`", "`A.B`"), "no file b.cc"),
        (row.format("`a.cc`", "`A.C`"), "no test A.C"),
        (row.format("`a.cc`", "`A.B`, `case.x`, `case.y`"), "no test case.y"),
        (row.format("`a.cc`", "`A.Old`"), "ctest does not know it"),
        (row.format("`a.cc`", ""), "names no test"),
        (row.format("`a.cc`", "seen by eye"), "names no test"),
        (row.replace("| x ", "").format("`a.cc`", "`A.B`"), "2 cells"),
        (row.format("`a.cc`", "`A.B`").replace("S012", "S018"), "S012 is missing"),
        (row.format("`a.cc`", "`A.B`") + row.format("`a.cc`", "`A.B`").replace("S012", "S011"), "not in order"),
        (row.format("`a.cc`", "`A.B`") + "## S013 b\n", "S013 has no row"),
    ]
    for page, words in cases:
        found = complaints(page, {"A.B", "A.Old"}, {"case.x"}, {"A.B"}, ["S012"], lambda path: path == "a.cc")
        if len(found) != (1 if words else 0) or words not in "".join(found):
            sys.exit(f"the rules do not see what is wrong with\n{page}\n(wanted: {words or 'nothing'}; found: {found})")


def main():
    try_the_rules()
    built = built_tests(sys.argv[1]) if len(sys.argv) > 1 else None
    problems = complaints((ROOT / "docs/specs.md").read_text(), *tests_of(ROOT), built, SECTIONS)
    for problem in problems:
        print("docs/specs.md:", problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
