#!/usr/bin/env python3
"""What the documentation tells people to type: readme_test.py AXIA.

Every `axia ...` command in README.md, docs/ and examples/README.md must exist, with every option it is shown with. Lines of
fenced blocks marked `sh tested` are run, in a copy of nothing but the tree's own files, and must succeed.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples/README.md", *sorted((ROOT / "docs").rglob("*.md"))]


class Program:
    def __init__(self, path):
        self.path, self.helps = str(pathlib.Path(path).resolve()), {}

    def help(self, command):
        if command not in self.helps:
            self.helps[command] = subprocess.run([self.path, *command, "--help"], capture_output=True, text=True).stdout
        return self.helps[command]

    def subcommands(self, command):
        _, found, text = self.help(command).partition("Subcommands:\n")
        return [line.split()[0] for line in text.splitlines() if line.strip()] if found else []

    def complaint(self, words):
        """What is wrong with `axia WORDS`, or None."""
        command = ()
        while self.subcommands(command):
            if not words:
                return None  # a group in running text
            if words[0] in ("--help", "--version") or words[0].rstrip(".").isupper():
                return None
            if command and words[0].startswith("-"):
                break  # a command of its own beside those below it
            names = words.pop(0).split("|")
            for name in names:
                if name not in self.subcommands(command):
                    return f"there is no command {' '.join(['axia', *command, name])}"
            command += (names[0],)
        for word in words:
            match = re.match(r"--?[a-z][a-z-]*", word)
            if match and not re.search(rf"(?<![\w-]){re.escape(match.group())}(?![\w-])", self.help(command)):
                return f"axia {' '.join(command)} has no option {match.group()}"
        return None


def commands_of(text):
    """(line number, words) of every `axia ...` in code."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
            continue
        code = [line] if fenced or line.startswith("    ") else re.findall(r"`([^`]+)`", line)
        for piece in code:
            match = re.match(r"\s*(?:\$ )?(?:\./run |AXIA_\w+=\S+ )*axia ((?![/.])\S.*)", piece)
            if match:
                try:
                    yield number, shlex.split(re.split(r"  #|[<>|&](?: |$)|   ", match.group(1))[0])
                except ValueError:
                    yield number, match.group(1).split()


def tested_lines(text):
    marked = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            marked = not marked and line.strip() == "```sh tested"
        elif marked and line.strip():
            yield number, line


def main():
    program, problems, counted, ran = Program(sys.argv[1]), [], 0, 0
    with tempfile.TemporaryDirectory(prefix="axia-docs-") as folder:
        environment = {**os.environ, "AXIA_DATA": folder + "/data", "AXIA_CACHE": folder + "/cache", "HOME": folder,
                       "AXIA_SHARE": str(ROOT), "XDG_CONFIG_HOME": folder, "NO_COLOR": "1"}
        bin_folder = pathlib.Path(folder, "bin")
        bin_folder.mkdir()
        (bin_folder / "axia").symlink_to(program.path)
        environment["PATH"] = f"{bin_folder}:{os.environ['PATH']}"
        for page in PAGES:
            name, text = page.relative_to(ROOT), page.read_text(encoding="utf-8")
            for number, words in commands_of(text):
                counted += 1
                wrong = program.complaint(words)
                if wrong:
                    problems.append(f"{name}:{number}: {wrong}")
            for number, line in tested_lines(text):
                ran += 1
                command = line.replace("./run axia", "axia")
                done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True,
                                      stdin=subprocess.DEVNULL)
                if done.returncode:
                    problems.append(f"{name}:{number}: {line}: exit {done.returncode}: {done.stderr.strip()}")
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                if not (page.parent / target).exists():
                    problems.append(f"{name}: there is no {target}")
    print("\n".join(problems) if problems else f"{counted} commands are right, {ran} lines ran")
    return 1 if problems or not counted or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
