#!/usr/bin/env python3
"""Checks the rules of the tree that a compiler cannot: check_tree.py [ROOT]. Prints file:line: rule: what, exit 1 on any."""
import pathlib
import re
import subprocess
import sys

# A room may include itself and the rooms above it.
ROOMS = ["core", "math", "data", "model", "capture", "vectors", "prefer", "norms", "steer", "guide", "answers", "measure",
         "reconcile", "report"]
OF_FILES_ONLY = {"measure": {"model", "capture", "steer", "guide"}, "reconcile": {"model", "capture", "steer", "guide"},
                 "report": {"model", "capture", "steer", "guide"}}
NATIVE = {"llama.h", "llama-cpp.h", "chat.h", "common.h", "sampling.h", "gguf.h"}  # and every ggml*.h
NATIVE_ROOMS = {"model"}
TESTED_APPS = ("tests/unit/server/",)  # unit tests of apps/, which is no room
MAX_LINES = 600
CODE = {".h", ".cc"}
SOURCE = CODE | {".py", ".sh", ".cmake", ".ts", ".tsx", ".js", ".mjs", ".css", ".html"}
SOURCE_NAMES = {"run", "CMakeLists.txt"}
DATA_FOLDERS = ("values/", "batteries/", "fuzz/corpus/")
SKIPPED = {"node_modules", ".git", "__pycache__", ".venv", "dist"}
STANDARD = set("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes
climits clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution expected filesystem format forward_list fstream
functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set
shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view strstream syncstream
system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
version""".split())
FORWARD_DECLARED = {"llama_model"}  # the one third-party name that public headers may forward-declare
THIRD_PARTY = re.compile(r"\b(?:nlohmann|Eigen|YAML|CLI|spdlog|sqlite3\w*|CURL\w*|httplib|EVP_\w+|llama_(?!cpp\b)\w+|ggml_(?:context|tensor|cgraph|backend|threadpool)\w*)\b")
HOSTS = [".".join(parts) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"), ("crates", "io"),
    ("deb", "debian", "org"), ("golang", "org"), ("maven", "org"), ("maven", "apache", "org"))]
HOST = re.compile(r"(?<![\w-])(?:[\w-]+\.)*(?:" + "|".join(map(re.escape, HOSTS)) + r")(?![\w-])")
MACHINE_PATH = re.compile(r"(?<![\w.}$/-])/(?:" + "|".join(("roo" + "t(?![\\w-])", "hom" + "e/", "wor" + "k/", "tmp/" + "dl(?![\\w-])")) + ")")
UNDONE = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files_of(root):
    """Tracked files, or all of them where there is no git."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-c", f"safe.directory={root}", "-C", str(root), "ls-files", "-z"], capture_output=True)
        if listed.returncode == 0:
            return [name for name in listed.stdout.decode().split("\0") if name and (root / name).is_file()]
    found = []
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not SKIPPED & set(parts) and not parts[0].startswith("build"):
            found.append("/".join(parts))
    return found


def is_source(name):
    path = pathlib.PurePosixPath(name)
    return not name.startswith(DATA_FOLDERS) and (path.suffix in SOURCE or path.name in SOURCE_NAMES)


def without_comments(text):
    """The same lines with comments and the insides of literals blanked."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*(?:.|\n)*?\*/', blank, text)


def declares_functions(text):
    """Whether a header declares a function without giving its body: then some source must."""
    code = re.sub(r"^\s*#.*$", "", without_comments(text), flags=re.M)
    code = re.sub(r"=\s*\{[^{}]*\}", "", code)  # default values
    scopes, start = [], 0
    for i, c in enumerate(code):
        if c not in "{};":
            continue
        statement = " ".join(code[start:i].split())
        start = i + 1
        if c == "{":
            head = re.sub(r"^(?:public|private|protected) ?:|^template ?<.*?>", "", statement).strip()
            scopes.append(bool(re.match(r'(?:inline )?namespace\b|extern\b|(?:struct|class|union)\b[^()]*$', head)))
        elif c == "}":
            if scopes:
                scopes.pop()
        elif all(scopes) and re.search(r"[\w>\]=+*/<-] ?\(.*\)(?: ?(?:const|noexcept|override|final|&&?))*$", statement):
            if not re.match(r"(?:using|typedef|static_assert|friend)\b|[^(]*[^(=<>!]=[^=]", statement):
                return True
    return False


def room_of(name):
    """(kind, room, rest) of a file inside a room, else None."""
    for kind in ("include/axia/", "src/", "tests/unit/"):
        if name.startswith(kind):
            room, slash, rest = name[len(kind):].partition("/")
            return (kind, room, rest) if slash else (kind, "", room)
    return None


def check_includes(name, lines, complain):
    place = room_of(name)
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, target = match.groups()
        top = target.split("/")[0]
        if target.startswith("apps/") or (target.startswith("axia/") and target.count("/") < 2):
            complain(name, number, "direction", f"nothing may include {target}")
            continue
        other = target.split("/")[1] if top == "axia" else top if quote == '"' and top in ROOMS and "/" in target else None
        if name.startswith(("apps/", "examples/")) and other and top != "axia":
            complain(name, number, "direction", f"{name.split('/')[0]}/ knows include/axia alone, not {target}")
        if other and other not in ROOMS:
            complain(name, number, "direction", f"{target}: no room {other}")
        elif other and place and place[0] != "tests/unit/" and place[1] in ROOMS:
            if ROOMS.index(other) > ROOMS.index(place[1]):
                complain(name, number, "direction", f"{place[1]} stands above {other} and may not include {target}")
            elif other in OF_FILES_ONLY.get(place[1], ()):
                complain(name, number, "direction", f"{place[1]} works on files and may not include {target}")
        native = target in NATIVE or pathlib.PurePosixPath(target).name.startswith("ggml")
        if quote == "<" and native and name.startswith(("src/", "apps/", "include/")) and not (place and place[1] in NATIVE_ROOMS):
            complain(name, number, "native", f"only {', '.join(sorted(NATIVE_ROOMS))} may include <{target}>")
        if name.startswith("include/"):
            if quote == "<" and target not in STANDARD:
                complain(name, number, "public header", f"<{target}> is not of the standard library")
            elif quote == '"' and top != "axia":
                complain(name, number, "public header", f'"{target}" is not a public header of axia')


def check_public_header(name, text, complain):
    code = without_comments(text)
    if "#pragma once" not in code:
        complain(name, 1, "public header", "has no #pragma once")
    for number, line in enumerate(code.splitlines(), 1):
        directive = re.match(r"\s*#\s*(\w+)", line)
        if directive and directive.group(1) not in ("pragma", "include"):
            complain(name, number, "public header", f"#{directive.group(1)}: a public header depends on no macro")
        for word in THIRD_PARTY.findall(line):
            if word not in FORWARD_DECLARED and not INCLUDE.match(line):
                complain(name, number, "public header", f"names the third-party {word}")


def check_tree(root):
    problems = []
    complain = lambda name, line, rule, what: problems.append(f"{name}:{line}: {rule}: {what}")
    names = files_of(root)
    known = set(names)
    for name in names:
        place = room_of(name)
        if place and place[1] not in ROOMS and not name.startswith(TESTED_APPS):
            complain(name, 1, "rooms", f"'{place[1]}' is not a room" if place[1] else "lies in no room")
        raw = (root / name).read_bytes()
        if b"\0" in raw[:4096]:
            continue
        text = raw.decode("utf-8", errors="replace")
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            for pattern, what in ((MACHINE_PATH, "path of one machine"), (HOST, "host name of a registry")):
                match = pattern.search(line)
                if match and not name.startswith("fuzz/corpus/"):
                    complain(name, number, "places", f"{what}: {match.group()}")
        if not is_source(name):
            continue
        if len(lines) > MAX_LINES:
            complain(name, MAX_LINES + 1, "length", f"{len(lines)} lines, at most {MAX_LINES}")
        for number, line in enumerate(lines, 1):
            if not line.isascii() and not name.endswith((".html", ".css")):
                complain(name, number, "ascii", "not ASCII; write an escape")
            match = UNDONE.search(line)
            if match:
                complain(name, number, "undone", f"{match.group()}: do it or file an issue")
        if pathlib.PurePosixPath(name).suffix in CODE:
            check_includes(name, lines, complain)
        if name.startswith("include/axia/") and name.endswith(".h"):
            check_public_header(name, text, complain)
            own = "src/" + name[len("include/axia/"):-2] + ".cc"
            if own not in known and declares_functions(text):
                complain(name, 1, "mirror", f"declares functions, and there is no {own}")
        if place and place[0] == "tests/unit/" and name.endswith("_test.cc") and place[1] in ROOMS:
            subject = re.sub(r"(?:_slow)?_test\.cc$", "", place[2])
            tested = {f"include/axia/{place[1]}/{subject}.h", f"src/{place[1]}/{subject}.h", f"src/{place[1]}/{subject}.cc"}
            if subject != place[1] and not tested & known:
                complain(name, 1, "mirror", f"tests neither a file {place[1]}/{subject} nor the whole room ({place[1]}_test.cc)")
    for room in ROOMS:
        if any(name.startswith(f"src/{room}/") for name in names) and \
                not any(name.startswith(f"tests/unit/{room}/") and name.endswith("_test.cc") for name in names):
            complain(f"src/{room}", 1, "mirror", f"the room has no test in tests/unit/{room}/")
    return names, problems


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent).resolve()
    names, problems = check_tree(root)
    print("\n".join(problems) if problems else f"{len(names)} files, every rule holds")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
