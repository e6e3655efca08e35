// `learn` from pairs to vector against the bare forward passes of plain libllama, and its memory.
#include <llama.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "axia/vectors/learn.h"
#include "child.h"
#include "fixture.h"

namespace axia::bench {
namespace {

using model::Session;
using model::Token;
using Texts = std::vector<std::vector<Token>>;

constexpr double mebibyte = 1024.0 * 1024;

Session measuring_session(const std::shared_ptr<const model::Model>& model) {
    return {model, session_options({.context = 1024, .sequences = 64, .batch = 768})};
}

/// The file as downloaded in libllama's default context, one text at a time.
class Plain {
  public:
    Plain(const std::filesystem::path& file, int threads)
        : model_(llama_model_load_from_file(file.c_str(), llama_model_default_params()),
                 llama_model_free) {
        if (!model_) throw std::runtime_error("libllama cannot load " + file.string());
        llama_context_params params = llama_context_default_params();
        params.n_threads = threads;  // its default of 4 is too many for small machines
        params.n_threads_batch = threads;
        context_.reset(llama_init_from_model(model_.get(), params));
        if (!context_) throw std::runtime_error("libllama makes no context");
    }

    void decode(std::vector<Token>& text) {
        llama_memory_clear(llama_get_memory(context_.get()), true);
        if (llama_decode(context_.get(), llama_batch_get_one(text.data(), static_cast<std::int32_t>(
                                                                              text.size()))) != 0) {
            throw std::runtime_error("llama_decode failed");
        }
        llama_synchronize(context_.get());
    }

    std::span<const float> logits(int vocabulary) const {
        return {llama_get_logits_ith(context_.get(), -1), static_cast<std::size_t>(vocabulary)};
    }

  private:
    std::unique_ptr<llama_model, void (*)(llama_model*)> model_;
    std::unique_ptr<llama_context, void (*)(llama_context*)> context_{nullptr, llama_free};
};

double divergence(std::span<const float> p, std::span<const float> q) {
    const double top_p = model::log_sum_exp(p), top_q = model::log_sum_exp(q);
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        const double log_p = static_cast<double>(p[i]) - top_p;
        sum += std::exp(log_p) * (log_p - (static_cast<double>(q[i]) - top_q));
    }
    return sum;
}

double tokens_of(const Texts& texts) {
    double sum = 0;
    for (const auto& text : texts) sum += static_cast<double>(text.size());
    return sum;
}

vectors::ValueVector learn(Session& session, const std::vector<data::ContrastPair>& pairs) {
    return vectors::learn_value(session, pairs, {});
}

/// Every `step`-th pair, so that both splits keep their shares.
std::vector<data::ContrastPair> every(const std::vector<data::ContrastPair>& pairs,
                                      std::size_t step) {
    std::vector<data::ContrastPair> some;
    for (std::size_t i = 0; i < pairs.size(); i += step) some.push_back(pairs[i]);
    return some;
}

void against_plain(Run& run) {
    const auto model = open_model(run, model::Purpose::prompt);
    if (!model) return;
    Session session = measuring_session(model);
    Plain plain(model_file(), session.options().threads);
    std::vector<data::ContrastPair> pairs = contrast_pairs(80);
    Texts texts = pair_texts(*model, 2 * pairs.size());

    // the same answers: next tokens after the texts
    double worst = 0;
    for (std::size_t t = 0; t < texts.size(); t += 40) {
        plain.decode(texts[t]);
        steer::SequenceState none;
        prefill(session, texts[t], nullptr, none);
        worst = std::max(worst, divergence(plain.logits(model->info().vocabulary),
                                           session.logits(texts[t].size() - 1)));
    }
    run.check("the same next tokens after a text", worst < .2,
              "KL at most " + number("%.1e", worst) + " nats");

    // all 80 pairs where the machine is fast enough for them
    const double seconds = timed([&] { plain.decode(texts[0]); }) /
                           static_cast<double>(texts[0].size()) * tokens_of(texts);
    const std::size_t step = seconds > 20 ? 4 : seconds > 9 ? 2 : 1;
    if (step > 1) {
        pairs = every(pairs, step);
        texts.clear();
        for (const data::ContrastPair& pair : pairs) {
            for (const std::string* side : {&pair.positive, &pair.negative}) {
                texts.push_back(
                    capture::text_tokens(*model, capture::Context::chat, pair.scene, *side));
            }
        }
    }
    vectors::ValueVector vector;
    const double tokens = tokens_of(texts);
    std::size_t slice = 0;
    constexpr std::size_t slices = 4;
    run.rate([&] { return tokens / timed([&] { vector = learn(session, pairs); }); },
             [&] {  // their speed does not depend on how many, so a quarter of the texts in turn
                 Texts some;
                 for (std::size_t t = slice++ % slices; t < texts.size(); t += slices) {
                     some.push_back(texts[t]);
                 }
                 const double count = tokens_of(some);
                 return count / timed([&] {
                            for (auto& text : some) plain.decode(text);
                        });
             });
    double best = 0;
    for (const vectors::LayerVector& layer : vector.layers) {
        best = std::max(best, layer.paired_accuracy);
    }
    run.check("the vector tells held-out pairs apart", best >= .7,
              "best layer's paired accuracy " + number("%.2f", best));
    run.note(std::to_string(pairs.size()) + " pairs of " + number("%.0f", tokens) +
             " tokens: " + number("%.0f", median(run.ours)) + " tokens per second, " +
             number("%.0f", median(run.theirs)) + " plain, on " +
             std::to_string(session.options().threads) + " threads each");
}

/// FILE HASH THREADS: learns from 100 pairs and says what that took, in bytes.
int memory_child(const std::vector<std::string>& arguments) {
    std::string go;
    std::getline(std::cin, go);
    settings().threads = std::stoi(arguments.at(2));
    model::ModelOptions options;
    options.source_hash = arguments.at(1);
    const auto model = model::Model::load(arguments.at(0), options);
    Session session = measuring_session(model);
    const auto vector = learn(session, contrast_pairs(100));
    const double kv = cache_bytes(*model, session.options().context);
    std::cout << status_bytes("VmHWM") << ' ' << status_bytes("VmRSS") << ' ' << kv << ' '
              << vector.card.learn_pairs + vector.card.heldout_pairs << '\n';
    return 0;
}

void memory(Run& run) {
    const auto model = open_model(run, model::Purpose::prompt);
    if (!model) return;
    const std::filesystem::path file = model->info().file;
    Child child({std::filesystem::read_symlink("/proc/self/exe"), "--child", "learn", file,
                 model->info().source_hash, std::to_string(settings().threads)});
    double peak = 0, resident = 0, kv = 0;
    int pairs = 0;
    if (std::sscanf(child.ask("go").c_str(), "%lf %lf %lf %d", &peak, &resident, &kv, &pairs) !=
        4) {
        throw std::runtime_error("the child gave no figures");
    }
    const auto bytes = static_cast<double>(std::filesystem::file_size(file));
    run.check("pairs learnt from", pairs == 100, std::to_string(pairs));
    run.sample(peak / (bytes + kv + 300 * mebibyte));
    run.note("peak " + number("%.0f MiB, ", peak / mebibyte) +
             number("%.0f MiB in the end; ", resident / mebibyte) +
             number("file %.0f MiB, ", bytes / mebibyte) + number("KV %.0f MiB, ", kv / mebibyte) +
             number("so %.0f MiB beside them", (peak - bytes - kv) / mebibyte));
}

const Registration end_to_end(
    {"learn.plain",
     "learn end to end, tokens per second / the same texts through plain libllama on the file as "
     "downloaded, one at a time",
     at_least(2), against_plain, 3});
const Registration resident({"learn.memory",
                             "peak resident memory of a learn from 100 pairs / model file + KV + "
                             "300 MiB",
                             at_most(1), memory, 1});
const bool child_registered = child_mains().emplace("learn", memory_child).second;

}  // namespace
}  // namespace axia::bench
