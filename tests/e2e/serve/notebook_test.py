#!/usr/bin/env python3
"""The example notebook against a real `axia serve`: notebook_test.py AXIA MODEL [--save].

First its cells one after another in this Python, with the standard library alone, so tables instead of pictures. Then, where
this Python has nbclient and ipykernel, by a Jupyter kernel with matplotlib's pictures; --save keeps what came out of that.
"""
import contextlib
import importlib.util
import io
import json
import os
import re
import sys
import traceback

from serving import ROOT, Failed, Serving, expect

NOTEBOOK = ROOT / "examples/values_of_a_model.ipynb"
MOST_BYTES = 200_000
OUTPUTS = {"stream": {"name", "text"}, "display_data": {"data", "metadata"},
           "execute_result": {"data", "metadata", "execution_count"}}  # and "error", which may not be there


def text_of(lines):
    return lines if isinstance(lines, str) else "".join(lines)


def check_format(book):
    """What is wrong with a notebook as format 4.5 has it, and with ours as it is kept."""
    if book.get("nbformat") != 4 or book.get("nbformat_minor", 0) < 5:
        return "is no notebook of format 4.5"
    if not {"cells", "metadata"} <= book.keys() or book["metadata"]["kernelspec"]["name"] != "python3":
        return "has no cells, or no Python kernel"
    ids = [cell.get("id", "") for cell in book["cells"]]
    if len(set(ids)) != len(ids) or not all(re.fullmatch(r"[\w-]{1,64}", one) for one in ids):
        return "has cells without an id of their own"
    counted = 0
    for cell in book["cells"]:
        wanted = {"id", "cell_type", "metadata", "source"}
        if cell["cell_type"] == "code":
            wanted |= {"execution_count", "outputs"}
        if cell["cell_type"] not in ("code", "markdown") or set(cell) != wanted:
            return f"cell {cell['id']} has {sorted(set(cell) ^ wanted)} too much or too little"
        if cell["cell_type"] == "markdown":
            continue
        counted += 1
        if cell["execution_count"] != counted:
            return f"cell {cell['id']} was not run in its turn"
        for output in cell["outputs"]:
            kind = output.get("output_type")
            if kind == "error":
                return f"cell {cell['id']} was saved with an error: {output.get('ename')}"
            if kind not in OUTPUTS or set(output) != OUTPUTS[kind] | {"output_type"}:
                return f"cell {cell['id']} has an output of no known form: {kind}"
            if output.get("name") == "stderr":
                return f"cell {cell['id']} was saved with complaints"
    told = json.dumps(book, ensure_ascii=False)
    place = re.search(r"/(?:home|root|tmp|usr|work|Users)/[^\s\"\\]*|127\.0\.0\.1:(?!8080)\d+", told)
    if place:
        return f"tells where it was made: {place.group()}"
    if len(told.encode()) > MOST_BYTES:
        return f"has {len(told.encode())} bytes, more than {MOST_BYTES}"
    return None


def check_that_it_can_fail(book):
    def broken(change):
        other = json.loads(json.dumps(book))
        change(other, next(cell for cell in other["cells"] if cell["cell_type"] == "code"))
        return check_format(other)
    error = {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}
    for change in (lambda b, c: b.update(nbformat=3), lambda b, c: c.update(id="a b"), lambda b, c: c.pop("outputs"),
                   lambda b, c: c.update(execution_count=None), lambda b, c: c["outputs"].append(error),
                   lambda b, c: c.update(source=["# /usr" + "/somebody/model.gguf"]),
                   lambda b, c: c.update(source=["x" * MOST_BYTES])):
        expect(broken(change), "a broken notebook was let through")


def run_plain(book):
    """What each code cell prints, by id. A module that is not of the standard library is as if it were not there."""
    sys.path.insert(0, str(ROOT / "python"))
    sys.modules["matplotlib"] = None
    names, printed = {"__name__": "__main__"}, {}
    for cell in book["cells"]:
        if cell["cell_type"] != "code":
            continue
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out):
                exec(compile(text_of(cell["source"]), cell["id"], "exec"), names)
        except Exception:
            raise Failed(f"cell {cell['id']} failed\n{traceback.format_exc()}") from None
        printed[cell["id"]] = out.getvalue()
    return printed


def run_jupyter(book):
    """The notebook as a kernel ran it."""
    import nbclient
    import nbformat
    ran = nbformat.reads(json.dumps(book), as_version=4)
    nbformat.validate(ran)
    os.environ["PYTHONPATH"] = str(ROOT / "python")
    nbclient.NotebookClient(ran, timeout=300, kernel_name="python3", record_timing=False).execute()
    nbformat.validate(ran)
    return json.loads(nbformat.writes(ran))


def tidied(ran):
    """Without what would differ from one machine to the next and says nothing."""
    for cell in ran["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output["data"].pop("text/plain", None)  # an object's name
                output["metadata"] = {}
    ran["metadata"] = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                       "language_info": {"name": "python"}}
    return ran


def check_results(printed):
    """Printed text of all cells: what the cells after one another must have said."""
    for pattern in (r"layers of width \d+", r"^security +(yes|-)", r"pairs learnt", r"\[unsteered\] +\[prompt\] +\[steered\]",
                    r"[1-9]\d* states shifted", r"^none .* 0\.000$", r"^0\.999999 ", r"^security=0\.9999 +security",
                    r"^prompt:security +security", r"differences to unsteered remain"):
        expect(re.search(pattern, printed, re.M), f"nothing that was printed matches {pattern}:\n{printed}")
    distances = [float(number) for number in re.findall(r"^(?:none|0\.\d+) .* (\d\.\d{3})$", printed, re.M)]
    expect(distances[0] == 0 and max(distances[:7]) > .05, f"no target moves the first token: {distances}")


def main():
    program, model, *more = sys.argv[1:]
    saving = "--save" in more
    jupyter = importlib.util.find_spec("nbclient") is not None
    expect(jupyter or not saving, "--save needs a Python with nbclient, ipykernel and matplotlib")
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    if not saving:
        wrong = check_format(book)
        expect(wrong is None, f"{NOTEBOOK.name} {wrong}")
        check_that_it_can_fail(book)
    with Serving(program, model) as server:
        os.environ["AXIA_SERVER"] = server.url
        check_results("".join(run_plain(book).values()))
        if jupyter:
            ran = tidied(run_jupyter(book))
            outputs = [output for cell in ran["cells"] for output in cell.get("outputs", [])]
            check_results("".join(text_of(output["text"]) for output in outputs if output["output_type"] == "stream"))
            pictures = sum("image/png" in output.get("data", {}) for output in outputs)
            expect(pictures == 4, f"{pictures} pictures were drawn, not 4")
            wrong = check_format(ran)
            expect(wrong is None, f"as run {NOTEBOOK.name} {wrong}")
            if saving:
                NOTEBOOK.write_text(json.dumps(ran, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        expect(server.stop() == 0, "SIGTERM did not end the server with 0")
    print(f"{NOTEBOOK.name}: every cell ran", "twice" if jupyter else "without Jupyter")


if __name__ == "__main__":
    main()
