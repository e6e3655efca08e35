// Steering against the same work unsteered. Vectors are random: their speed is that of learnt ones.
#include <chrono>
#include <thread>

#include "axia/answers/generate.h"
#include "fixture.h"

namespace axia::bench {
namespace {

using model::Session;
using Plans = std::vector<const steer::CompiledPlan*>;

/// One sequence, token by token.
void decode(Run& run, int layers, int values) {
    const auto model = open_model(run, model::Purpose::decode);
    if (!model) return;
    const int first = middle(model->info(), layers);
    const auto plan = random_plan(model->info(), first, layers, values, steer::Rows::onward, 7);
    Session session(model, session_options({.context = 512, .sequences = 1, .batch = 128}));
    check_steering(run, session, plan, model->info(), values, 7);
    Decoding decoding(session, 1, 64);
    const int steps = decoding.steps_for(.12);
    const Plans steered{&plan};
    std::vector<double> shifting;
    run.speed(
        [&] {
            const double seconds = decoding.run(steps, steered);
            shifting.push_back(decoding.hook_seconds());
            return seconds;
        },
        [&] { return decoding.run(steps, {}); });
    run.note(number("%.1f", steps / median(run.ours)) + " tokens per second steered, " +
             number("%.1f", steps / median(run.theirs)) + " unsteered; " +
             number("%.0f us", 1e6 * median(shifting) / steps) + " a token in the shifts");
}

void prompt(Run& run, steer::Rows rows) {
    const auto model = open_model(run, model::Purpose::prompt);
    if (!model) return;
    int layers = 10;
    const int first = middle(model->info(), layers);
    const auto plan = random_plan(model->info(), first, layers, 1, rows, 8);
    Session session(model, session_options({.context = 512, .sequences = 1, .batch = 512}));
    check_steering(run, session, plan, model->info(), 1, 8);
    const auto tokens = running_text(*model, 192);
    steer::SequenceState state, none;
    prefill(session, tokens, &plan, state);
    const std::uint64_t rows_seen = rows == steer::Rows::all ? tokens.size() : 1;
    run.check("rows steered per layer",
              state.rows_seen == rows_seen * static_cast<std::uint64_t>(layers),
              std::to_string(state.rows_seen / static_cast<std::uint64_t>(layers)) + " of " +
                  std::to_string(tokens.size()));
    run.speed([&] { return prefill(session, tokens, &plan, state); },
              [&] { return prefill(session, tokens, nullptr, none); });
    const auto count = static_cast<double>(tokens.size());
    run.note(number("%.0f", count / median(run.ours)) + " tokens per second steered, " +
             number("%.0f", count / median(run.theirs)) + " unsteered");
}

/// From the request's tokens to the first token of the answer, as `axia ask` answers.
void first_token(Run& run) {
    const auto model = open_model(run, model::Purpose::decode);
    if (!model) return;
    int layers = 10;
    const int first = middle(model->info(), layers);
    const auto plan = random_plan(model->info(), first, layers, 1, steer::Rows::all, 9);
    Session session(model, session_options({.context = 1024, .sequences = 1, .batch = 512}));
    const model::Message message{
        "user",
        "I have been offered a job in another town. It pays more, but I would have to leave my "
        "friends and a flat that I like. The firm is young and may not last. What would you do?"};
    const std::vector<model::Token> tokens = model->chat_prompt({&message, 1});
    answers::GenerateOptions options;
    options.max_tokens = 1;
    options.trace = true;
    const answers::GenerateRequest steered{tokens, &plan}, unsteered{tokens, nullptr};
    const auto answer = answers::generate(session, {&steered, 1}, options).at(0);
    double least = 1;
    for (const steer::TraceEntry& entry : answer.trace) least = std::min(least, entry.p_after);
    run.check("p after steering at the last prompt row",
              answer.trace.size() == static_cast<std::size_t>(layers) && least > .989,
              "least " + number("%.4f", least) + " on " + std::to_string(answer.trace.size()) +
                  " layers");
    options.trace = false;
    const auto time = [&](const answers::GenerateRequest& request) {
        return timed([&] { keep(answers::generate(session, {&request, 1}, options)); });
    };
    run.time([&] { return time(steered); }, [&] { return time(unsteered); });
    run.note(std::to_string(tokens.size()) +
             " prompt tokens: " + number("%.1f ms steered, ", 1e3 * median(run.ours)) +
             number("%.1f ms unsteered", 1e3 * median(run.theirs)));
}

/// Eight sequences side by side. The plans act on windows of ten layers that do not begin together.
void plans(Run& run) {
    const auto model = open_model(run, model::Purpose::decode);
    if (!model) return;
    constexpr int sequences = 8;
    int layers = 10;
    const int first = middle(model->info(), layers);
    std::vector<steer::CompiledPlan> own;
    for (int s = 0; s < sequences; ++s) {
        const int begin = std::clamp(first + (s % 2 == 0 ? -s / 2 : (s + 1) / 2), 0,
                                     model->info().layers - 1 - layers);
        own.push_back(random_plan(model->info(), s == 0 ? first : begin, layers, 1,
                                  steer::Rows::onward, 20 + static_cast<std::uint64_t>(s)));
    }
    Plans different, one;
    for (const steer::CompiledPlan& plan : own) {
        different.push_back(&plan);
        one.push_back(&own.front());
    }
    Session session(model, session_options({.context = 2048, .sequences = 8, .batch = 128}));
    check_steering(run, session, own.back(), model->info(), 1, 20 + sequences - 1);
    Decoding decoding(session, sequences, 64);
    decoding.run(6, different);
    const auto among_others = decoding.logits(0);
    const auto last_own = decoding.logits(sequences - 1);
    decoding.run(6, one);
    run.check("the first sequence does not see its neighbours' plans",
              same_bits(among_others, decoding.logits(0)), "bit-identical logits");
    run.check("the last sequence's own plan acts",
              !same_bits(last_own, decoding.logits(sequences - 1)), "other logits");
    const int steps = decoding.steps_for(.2);
    run.rate([&] { return sequences * steps / decoding.run(steps, different); },
             [&] { return sequences * steps / decoding.run(steps, one); });
    run.note(number("%.1f", median(run.ours)) + " tokens per second, " +
             number("%.1f", median(run.theirs)) +
             " with one plan; the windows of ten layers differ");
}

void polling(Run& run) {
    const auto model = open_model(run, model::Purpose::decode);
    if (!model) return;
    int layers = 10;
    const int first = middle(model->info(), layers);
    const auto plan = random_plan(model->info(), first, layers, 1, steer::Rows::onward, 10);
    const Plans steered{&plan};
    const auto options = [](bool polls) {
        return session_options({.context = 512, .sequences = 1, .batch = 128, .polling = polls});
    };
    Session with(model, options(true)), without(model, options(false));
    Decoding polled(with, 1, 64), plain(without, 1, 64);
    polled.run(6, steered);
    plain.run(6, steered);
    run.check("same logits either way", same_bits(polled.logits(0), plain.logits(0)),
              "bit-identical");
    const int steps = polled.steps_for(.12);
    // the other pool's threads must have stopped polling before the clock starts
    const auto settled = [&](Decoding& decoding) {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        return decoding.run(steps, steered);
    };
    run.speed([&] { return settled(polled); }, [&] { return settled(plain); });
    run.note(number("%.1f", steps / median(run.ours)) + " tokens per second, " +
             number("%.1f", steps / median(run.theirs)) +
             " without; one thread has no pool to poll");
}

const Registration decode_one({"steer.decode", "decode with 10 steered layers / unsteered",
                               at_least(.98, .99), [](Run& run) { decode(run, 10, 1); }, 101});
const Registration decode_three({"steer.decode.three_values",
                                 "decode with 28 steered layers and 3 values / unsteered",
                                 at_least(.97), [](Run& run) { decode(run, 28, 3); }, 101});
const Registration prefill_all({"steer.prefill.all", "prefill steered `all` / unsteered",
                                at_least(.97), [](Run& run) { prompt(run, steer::Rows::all); },
                                15});
const Registration prefill_onward({"steer.prefill.onward", "prefill steered `onward` / unsteered",
                                   at_least(.99),
                                   [](Run& run) { prompt(run, steer::Rows::onward); }, 15});
const Registration first({"steer.first_token", "time to first token, steered `all` / unsteered",
                          at_most(1.05), first_token, 21});
const Registration eight({"steer.plans", "8 sequences with 8 different plans / 8 with one plan",
                          at_least(.97), plans, 21});
const Registration pool({"steer.polling",
                         "10 steered layers with the polling thread pool / without",
                         at_least(1, 1.25), polling, 31});

}  // namespace
}  // namespace axia::bench
