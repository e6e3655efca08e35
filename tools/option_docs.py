#!/usr/bin/env python3
"""Writes docs/options.md from `axia COMMAND --help`: option_docs.py AXIA [--check]. --check only compares."""
import difflib
import pathlib
import re
import subprocess
import sys

TARGET = pathlib.Path(__file__).resolve().parents[1] / "docs" / "options.md"
INTRO = """# Options

Made by `tools/option_docs.py` from `axia COMMAND --help`; a test compares the two.

A flag comes before its environment variable, that before `axia.yaml` of the working folder, that before
`axia/axia.yaml` of the user's settings folder (`$XDG_CONFIG_HOME`, else `~/.config`), that before the default. In
`axia.yaml` a line `name: value` serves every command that has the option, and lines below a command's name serve that
command alone:

    model: smollm2
    ask:
      max-tokens: 400
    models prepare:
      threads: 2

Folders: `AXIA_DATA` (models, vectors, plans), `AXIA_CACHE` (prepared weights, downloads, journals), `AXIA_SHARE` (what
ships: values, catalogue, report page). `NO_COLOR` turns bold and dim off.

Exit codes: 0 done; 1 the run failed; 2 the command line or an input is wrong; 130 stopped on request.
"""


def help_of(axia, command):
    done = subprocess.run([axia, *command, "--help"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def section(lines, title):
    """Lines below `title:` up to the next empty line."""
    if title + ":" not in lines:
        return []
    rest = lines[lines.index(title + ":") + 1:]
    return rest[:rest.index("")] if "" in rest else rest


def entries(lines):
    """-> [(name part, description)] of a section; names stand in columns 3 to 30 or on a line of their own"""
    found = []
    for i, line in enumerate(lines):
        if line.startswith(" " * 30):
            found[-1][1] = (found[-1][1] + " " + line.strip()).strip()
        elif i + 1 < len(lines) and lines[i + 1].startswith(" " * 30):
            found.append([line.strip(), ""])
        else:
            found.append([line[:30].strip(), line[30:].strip()])
    return found


def option_row(name, text):
    environment = re.search(r" ?\(Env:(\w+)\)", name)
    if environment:
        name = name.replace(environment.group(0), "")
    flags, _, kind = name.partition(" ")
    ranged = re.search(r":INT in \[(\d+) - (\d+)\]", kind)
    if ranged:
        kind = kind.replace(ranged.group(0), "")
        text += f" ({ranged.group(1)} to {ranged.group(2)})"
    kind, _, default = kind.replace(" REQUIRED", "").replace(" ...", "").partition("=")
    flags = ", ".join(f"`{flag}`" for flag in sorted(flags.split(","), key=len, reverse=True))
    cells = [flags + (" " + kind if kind else ""), f"`{default}`" if default else "",
             f"`{environment.group(1)}`" if environment else "", text.replace("|", "\\|")]
    return "| " + " | ".join(cells) + " |"


def table(rows):
    return ["| option | default | environment | |", "|---|---|---|---|", *rows, ""]


def commands(axia):
    """Every command that runs, as a list of words, with its help."""
    for name in [line.split()[0] for line in section(help_of(axia, []), "Subcommands")]:
        lines = help_of(axia, [name])
        inner = section(lines, "Subcommands")
        for word in [line.split()[0] for line in inner]:
            yield [name, word], help_of(axia, [name, word])
        if not inner or any(not entry[0].startswith("-h") for entry in entries(section(lines, "Options"))):
            yield [name], lines


def build(axia):
    pages = {" ".join(words): lines for words, lines in commands(axia)}
    rows = {name: [option_row(*entry) for entry in entries(section(lines, "Options")) if not entry[0].startswith("-h")]
            for name, lines in pages.items()}
    common = [row for row in next(iter(rows.values())) if all(row in other for other in rows.values())]
    with_model = [row for row in rows["ask"] if row not in common and
                  sum(row in other for other in rows.values()) >= 8]
    out = [INTRO, "## Every command", "", *table(common), "## Most commands that open a model", "", *table(with_model)]
    for name, lines in pages.items():
        usage = next(line for line in lines if line.startswith("Usage: "))
        out += [f"## axia {name}", "", f"`{usage[7:]}`", ""]
        words = [f"- `{entry[0].split()[0]}`: {entry[1]}" for entry in entries(section(lines, "Positionals"))]
        out += [*words, ""] if words else []
        own = [row for row in rows[name] if row not in common and row not in with_model]
        out += table(own) if own else []
        if not all(row in rows[name] for row in with_model):
            out += ["Has none of the options of models.", ""]
    return "\n".join(out).rstrip() + "\n"


def main():
    text = build(sys.argv[1])
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    old = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    difference = list(difflib.unified_diff(old.splitlines(), text.splitlines(), "docs/options.md", "axia --help", lineterm=""))
    print("\n".join(difference) if difference else "docs/options.md is current")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
