// `axia serve` against llama-server built from the same source, both on the same Q8_0 copy of the
// model, asked by the same client process in turn.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "axia/model/open.h"
#include "axia/model/prepare.h"
#include "child.h"
#include "fixture.h"
#include "harness.h"
#include "source_dir.h"

namespace axia::bench {
namespace {

constexpr int streams = 8;
constexpr int context = 4096;

/// Both servers and their client. They start when they are first asked.
class Servers {
  public:
    explicit Servers(const std::shared_ptr<const model::Model>& model) {
        const char* const axia = std::getenv("AXIA_BENCH_AXIA");
        const char* const llama = std::getenv("AXIA_BENCH_LLAMA_SERVER");
        int threads = settings().threads;
        if (threads <= 0) threads = static_cast<int>(std::thread::hardware_concurrency());
        const std::string script = AXIA_SOURCE_DIR "/bench/serve_bench.py";
        child_ = std::make_unique<Child>(std::vector<std::string>{
            "python3", script, axia != nullptr ? axia : "", llama != nullptr ? llama : "",
            model->info().file.string(), model_file().string(), std::to_string(threads)});
    }
    double ask(const std::string& line) { return std::stod(child_->ask(line)); }

  private:
    std::unique_ptr<Child> child_;
};

/// Null after run.skip.
std::unique_ptr<Servers> servers(Run& run) {
    for (const char* name : {"AXIA_BENCH_AXIA", "AXIA_BENCH_LLAMA_SERVER"}) {
        if (std::getenv(name) == nullptr) {
            run.skip(std::string(name) + " is not set; ./run bench sets it");
            return nullptr;
        }
    }
    const auto model = open_model(run, model::Purpose::decode, "q8_0");
    if (!model) return nullptr;
    return std::make_unique<Servers>(model);
}

void against_llama(Run& run, const std::string& ours, const std::string& theirs, bool rate) {
    const auto both = servers(run);
    if (!both) return;
    const auto a = [&] { return both->ask(ours); };
    const auto b = [&] { return both->ask(theirs); };
    if (rate) {
        run.rate(a, b);
    } else {
        run.time(a, b);
    }
}

const Registration one(
    {"serve.one_stream", "tokens per second of one stream / llama-server", at_least(1),
     [](Run& run) { against_llama(run, "rate axia 1 none", "rate llama 1 none", true); }, 7});
const Registration eight(
    {"serve.eight_streams", "tokens per second of 8 streams / llama-server", at_least(1),
     [](Run& run) { against_llama(run, "rate axia 8 none", "rate llama 8 none", true); }, 7});
const Registration median_first(
    {"serve.first_token_p50", "median time to the first token under 8 streams / llama-server",
     at_most(1), [](Run& run) { against_llama(run, "first axia p50", "first llama p50", false); },
     7});
const Registration late_first(
    {"serve.first_token_p95", "95th percentile of it / llama-server", at_most(1),
     [](Run& run) { against_llama(run, "first axia p95", "first llama p95", false); }, 7});
const Registration plans({"serve.plans", "8 streams with 8 plans / 8 unsteered, tokens per second",
                          at_least(.97),
                          [](Run& run) {
                              const auto both = servers(run);
                              if (!both) return;
                              both->ask("learn");
                              run.rate([&] { return both->ask("rate axia 8 plans"); },
                                       [&] { return both->ask("rate axia 8 none"); });
                          },
                          7});
const Registration prefix({"serve.shared_prefix",
                           "time to the first token of a second request that shares 1,000 tokens / "
                           "the first",
                           at_most(.15),
                           [](Run& run) {
                               const auto both = servers(run);
                               if (!both) return;
                               for (int i = 0; i < 5; ++i) run.sample(both->ask("prefix"));
                           },
                           5});
const Registration memory(
    {"serve.memory",
     "resident memory of an idle server above the model file and the cache of its context",
     at_most(300),
     [](Run& run) {
         const auto both = servers(run);
         if (!both) return;
         const auto model = open_model(run, model::Purpose::decode, "q8_0");
         constexpr double mebibyte = 1 << 20;
         const double cache = cache_bytes(*model, context);
         const auto file = static_cast<double>(std::filesystem::file_size(model->info().file));
         run.sample((both->ask("memory axia") - file - cache) / mebibyte);
         run.note("llama-server: " +
                  number("%.0f MiB", (both->ask("memory llama") - file - cache) / mebibyte));
     },
     1, "MiB"});
/// FILE THREADS: a process that reads the model and makes a server's context, says so, and then
/// answers as the server is asked to: no more than what any server must do.
int load_child(const std::vector<std::string>& arguments) {
    if (arguments.size() != 2) return 2;
    settings().threads = std::stoi(arguments[1]);
    const auto model = model::Model::load(arguments[0], {.source_hash = "-", .name = "bench"});
    model::Session session(model, session_options({.context = context, .sequences = streams}));
    std::cout << "loaded" << std::endl;
    const model::Message hi{"user", "Hi"};
    std::vector<model::Row> rows;
    for (const model::Token token : model->chat_prompt({&hi, 1})) {
        rows.push_back({token, static_cast<std::int32_t>(rows.size()), 0, 0, false});
    }
    rows.back().logits = true;
    session.decode(rows);
    std::cout << session.logits(rows.size() - 1)[0] << std::endl;
    return 0;
}
const bool child_registered = child_mains().emplace("load", load_child).second;

void start(Run& run) {
    const auto both = servers(run);
    if (!both) return;
    const std::filesystem::path file = open_model(run, model::Purpose::decode, "q8_0")->info().file;
    std::unique_ptr<Child> plain;  // ends between the clocks
    std::vector<double> loading;
    run.time([&] { return both->ask("start axia"); },
             [&] {
                 plain.reset();
                 double loaded = 0;
                 const double answered = timed([&] {
                     loaded = timed([&] {
                         plain = std::make_unique<Child>(std::vector<std::string>{
                             std::filesystem::read_symlink("/proc/self/exe"), "--child", "load",
                             file, std::to_string(settings().threads)});
                         plain->ask("");
                     });
                     plain->ask("");
                 });
                 loading.push_back(loaded);
                 return answered;
             });
    run.note(number("%.3f s", median(run.ours)) + ", theirs " +
             number("%.3f s", median(run.theirs)) +
             number(", loading alone %.3f s", median(loading)) +
             number(", so %.2f of it", median(run.ours) / median(loading)) +
             number("; llama-server starts in %.3f s", both->ask("start llama")));
}

const Registration from_nothing(
    {"serve.start",
     "from nothing to the first answer / a process that loads the model and gives the same answer",
     at_most(1.1), start, 9});

}  // namespace
}  // namespace axia::bench
