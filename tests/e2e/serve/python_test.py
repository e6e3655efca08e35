#!/usr/bin/env python3
"""The package `axia` of python/ against a real `axia serve`: python_test.py AXIA MODEL."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from serving import ROOT, Serving

sys.path.insert(0, str(ROOT / "python"))
import axia  # noqa: E402

QUESTION = "My neighbour asks for a key to my house. What should I do?"
SHORT = {"max_tokens": 16, "temperature": 0}
STRONG = {"security": .999999}


class Chat(unittest.TestCase):
    def test_an_answer_is_that_of_the_api(self):
        reply = client.chat(QUESTION, **SHORT)
        raw = server.post("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}], **SHORT})[2]
        self.assertEqual(reply.text, raw["choices"][0]["message"]["content"])
        self.assertEqual((reply[0].arm, reply[0].steered, reply[0].plan, reply.plan), ("unsteered", False, None, None))
        self.assertEqual((reply[0].finish, reply.usage["completion_tokens"], len(reply)), ("length", 16, 1))
        self.assertEqual(len({answer.text for answer in client.chat(QUESTION, n=3, seed=1, max_tokens=12)}), 3)
        self.assertEqual(client.chat([{"role": "user", "content": QUESTION}], **SHORT).text, reply.text)

    def test_arms_side_by_side_and_streamed(self):
        reply = client.compare(QUESTION, steer=STRONG, **SHORT)
        self.assertEqual([answer.arm for answer in reply], ["unsteered", "steered"])
        self.assertEqual(reply.plan, reply.arm("steered").plan)
        self.assertNotEqual(reply.arm("steered").text, reply.arm("unsteered").text)
        self.assertGreater(reply.arm("steered").rows_shifted, 0)
        with self.assertRaises(KeyError):
            reply.arm("prompt")
        texts, whole = {0: "", 1: ""}, {}
        for chunk in client.stream(QUESTION, steer=STRONG, compare=True, **SHORT):
            texts[chunk.index] += chunk.text
            if chunk.answer:
                whole[chunk.index] = chunk.answer
        self.assertEqual(texts, {0: reply[0].text, 1: reply[1].text})
        self.assertEqual([(whole[i].arm, whole[i].text) for i in (0, 1)], [(a.arm, a.text) for a in reply])
        words = client.chat(QUESTION, steer=STRONG, prompt=True, **SHORT)
        self.assertEqual((words[0].arm, words[0].plan), ("prompt", None))
        closed = client.chat(QUESTION, steer=STRONG, gate="never", **SHORT)
        self.assertEqual((closed.text, closed.plan), (reply[0].text, None))

    def test_a_stream_can_be_left(self):
        for chunk in client.stream(QUESTION, max_tokens=300, temperature=0):
            self.assertTrue(chunk.text)
            break
        self.assertEqual(client.get("/health")["status"], "ok")

    def test_a_trace_is_a_table(self):
        answer = client.chat(QUESTION, steer=STRONG, trace=True, **SHORT)[0]
        rows = answer.trace.table("security", answer.trace.layers[-1])
        self.assertEqual(len(rows), 16)
        self.assertTrue(answer.text.startswith("".join(row["token"] for row in rows[1:])))
        for row in rows:
            self.assertGreaterEqual(row["after"], .999)
            self.assertTrue(0 <= row["before"] <= 1 and row["shift"] >= 0)
        self.assertEqual(answer.trace.table()[0]["token"], rows[0]["token"])
        with self.assertRaises(KeyError):
            answer.trace.table("power")
        with self.assertRaises(KeyError):
            answer.trace.table("security", 10000)
        read = client.chat(QUESTION, read=["security"], trace=True, **SHORT)[0]
        self.assertEqual((read.steered, [row["shift"] for row in read.trace.table()]), (False, [0] * 16))

    def test_answers_of_a_shape(self):
        schema = {"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"],
                  "additionalProperties": False}
        reply = client.chat(QUESTION, max_tokens=40, temperature=0, response_format={
            "type": "json_schema", "json_schema": {"name": "answer", "schema": schema}})
        self.assertIsInstance(json.loads(reply.text)["sure"], bool)
        vectors = client.embeddings(["one", "two"])
        self.assertEqual((len(vectors), len(vectors[0])), (2, client.model()["width"]))


class Errors(unittest.TestCase):
    def test_they_say_field_and_hint(self):
        with self.assertRaises(axia.BadRequest) as caught:
            client.chat(QUESTION, steer={"securty": .9})
        self.assertEqual((caught.exception.field, caught.exception.status), ("axia.steer", 400))
        self.assertIn("did you mean security", str(caught.exception))
        self.assertIsNotNone(caught.exception.hint)
        with self.assertRaises(axia.BadRequest) as caught:
            list(client.stream(QUESTION, temperature=-1))
        self.assertEqual(caught.exception.field, "temperature")
        with self.assertRaises(axia.NotFound):
            axia.Client(server.url, model="gpt-4").chat(QUESTION)
        for missing in (client.plan, client.battery, client.run, client.report, client.jobs.get):
            with self.assertRaises(axia.NotFound, msg=str(missing)):
                missing("nothing-of-that-name")
        with self.assertRaises(axia.AxiaError):
            client.plan("../values")
        with self.assertRaises(axia.AxiaError) as caught:
            axia.Client("localhost:8080")
        self.assertEqual(caught.exception.field, "url")

    def test_nobody_there_and_those_who_break_off(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            nobody = axia.Client(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=5)
            with self.assertRaises(axia.Unreachable):
                nobody.values()
            listener.listen()

            def break_off():
                for reply in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
                              b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {\"choices\": []}\n\n",
                              b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{",
                              b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nnope"):
                    connection, _ = listener.accept()
                    connection.recv(65536)
                    connection.sendall(reply)
                    connection.close()
            thread = threading.Thread(target=break_off, daemon=True)
            thread.start()
            for call, kind in ((nobody.values, axia.Unreachable), (nobody.values, axia.Unreachable),
                               (lambda: list(nobody.stream(QUESTION)), axia.Unreachable),
                               (nobody.values, axia.ServerFault), (nobody.values, axia.ServerFault)):
                with self.assertRaises(kind):
                    call()
            thread.join(10)

    def test_a_key_opens_and_is_never_shown(self):
        with tempfile.TemporaryDirectory(prefix="axia-key-") as folder:
            locked = Serving(server.axia, server.model, "--require-key", folder=folder)
            key = subprocess.run([locked.axia, "keys", "create", "client", "--scopes", "chat"], env=locked.environment,
                                 capture_output=True, text=True, check=True).stdout.strip()
            locked.start()
            self.addCleanup(locked.__exit__)
            with self.assertRaises(axia.Refused):
                axia.Client(locked.url).chat(QUESTION, **SHORT)
            opened = axia.Client(locked.url, key)
            self.assertTrue(opened.chat(QUESTION, max_tokens=1).text)
            with self.assertRaises(axia.Refused):
                opened.values()
            self.assertNotIn(key, repr(opened))
            self.assertEqual(locked.stop(), 0)


class Known(unittest.TestCase):
    def test_what_the_server_knows(self):
        self.assertEqual(client.model()["name"], pathlib.Path(server.model).stem)
        values = {value["name"]: value for value in client.values()}
        self.assertTrue(values["security"]["learnt"] and "power" in values)
        self.assertEqual([vector["value"] for vector in client.vectors()], ["security"])
        self.assertAlmostEqual(client.similarity(context="chat")["cosine"][0][0], 1, 5)
        self.assertIn("schwartz-portrait", [battery["name"] for battery in client.batteries()])
        self.assertTrue(client.battery("schwartz-portrait")["items"])
        self.assertEqual(client.plans(), [])
        checked = client.check("thrift", [{"positive": "I mend it.", "negative": "I buy a new one."}])
        self.assertEqual(checked["values"][0]["pairs"], 1)

    def test_a_measurement_as_a_job(self):
        names = []
        job = client.jobs.measure("schwartz-portrait", steer={"security": [.99]}, prompts=1, limit=4, run="few")
        result = job.wait(lambda event: names.append(event.name))
        self.assertTrue({"state", "progress", "result"} <= set(names), names)
        self.assertEqual((job.state, job.kind, job.ended), ("done", "measure", True))
        self.assertEqual(result["arms"], client.run("few")["arms"])
        self.assertIn("few", [run["name"] for run in client.runs()])
        self.assertIn("<html", client.report("few").lower())
        self.assertEqual(client.jobs.get(job.id).result, job.result)
        waiting = client.jobs.measure("schwartz-dilemmas", prompts=5)
        waiting.cancel()
        with self.assertRaises(axia.JobFailed) as caught:
            waiting.wait()
        self.assertEqual(caught.exception.state, "cancelled")
        self.assertEqual([one.state for one in client.jobs.list()], ["done", "cancelled"])
        with self.assertRaises(axia.BadRequest) as caught:
            client.jobs.learn("thrift", pairs=[])
        self.assertEqual(caught.exception.field, "pairs")
        with self.assertRaises(axia.BadRequest) as caught:
            client.jobs.learn("thrift", pairs=[{"positive": "I mend it.", "negative": "I buy a new one."}],
                              about={"group": "nothing-known"})
        self.assertEqual(caught.exception.field, "about.group")


if __name__ == "__main__":
    program, model = sys.argv[1:]
    with Serving(program, model) as server:
        server.learn("security")
        client = axia.Client(server.url)
        result = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2).result
        if not result.wasSuccessful():
            sys.exit("--- the server said\n" + server.talk()[-2000:])
        if server.stop() != 0:
            sys.exit("SIGTERM did not end the server with 0")
