#include "axia/answers/local_subject.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include "axia/answers/generate.h"
#include "axia/capture/capture.h"
#include "axia/steer/score.h"

namespace axia::answers {

using model::Token;

namespace {

constexpr std::size_t generated_together = 8;

std::size_t common_prefix(const std::vector<Token>& a, const std::vector<Token>& b) {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                    a.begin());
}

}  // namespace

struct LocalSubject::State {
    model::Session& session;
    std::vector<LocalArm> local;
    std::vector<AskArm> arms;
    LocalOptions options;
    std::uint64_t rows_decoded = 0, rows_least = 0;

    State(model::Session& s, std::vector<LocalArm> a, LocalOptions o)
        : session(s), local(std::move(a)), options(o) {
        for (const LocalArm& arm : local) arms.push_back(arm.arm);
    }

    /// What is put before the model, and how each option goes on from it. The prompt's tokens that
    /// every option shares are context, so that a lead or a joint token is never scored.
    steer::ScoringItem scoring_item(const Question& question, const std::string& system) const {
        const model::Model& model = session.model();
        std::vector<Token> context;
        if (question.plain) {
            context = model.tokenize(question.message, true);
        } else {
            context =
                capture::context_tokens(model, capture::Context::chat, question.message, system);
        }
        steer::ScoringItem item;
        if (question.plain) {
            for (const std::string& answer : question.answers) {
                std::vector<Token> whole = model.tokenize(question.message + " " + answer, true);
                context.resize(common_prefix(context, whole));
                item.continuations.push_back(std::move(whole));
            }
            for (std::vector<Token>& whole : item.continuations) {
                whole.erase(whole.begin(),
                            whole.begin() + static_cast<std::ptrdiff_t>(context.size()));
            }
        } else {
            std::vector<Token> lead = model.tokenize(question.lead, false);
            for (const std::string& answer : question.answers) {
                std::vector<Token> whole = model.tokenize(question.lead + answer, false);
                lead.resize(common_prefix(lead, whole));
                item.continuations.push_back(std::move(whole));
            }
            for (std::vector<Token>& whole : item.continuations) {
                whole.erase(whole.begin(),
                            whole.begin() + static_cast<std::ptrdiff_t>(lead.size()));
            }
            context.insert(context.end(), lead.begin(), lead.end());
        }
        item.context = std::move(context);
        return item;
    }

    /// Which plan acts on each request of the page: none where every gate stays closed.
    std::vector<const steer::CompiledPlan*> plans_of(std::span<const Request> page) {
        std::vector<const steer::CompiledPlan*> plans;
        for (const Request& request : page) plans.push_back(local[request.arm].plan);
        for (std::size_t arm = 0; arm < local.size(); ++arm) {
            if (local[arm].plan == nullptr || local[arm].gates.empty()) continue;
            std::vector<std::size_t> which;
            std::vector<std::string> texts;
            for (std::size_t i = 0; i < page.size(); ++i) {
                if (page[i].arm != arm) continue;
                which.push_back(i);
                texts.push_back(page[i].question->message);
                plans[i] = nullptr;
            }
            if (texts.empty()) continue;
            for (const vectors::Gate* gate : local[arm].gates) {
                const double threshold = gate->threshold(local[arm].plan->plan().alpha);
                const std::vector<double> scores = vectors::gate_scores(session, *gate, texts);
                for (std::size_t k = 0; k < which.size(); ++k) {
                    if (scores[k] > threshold) plans[which[k]] = local[arm].plan;
                }
            }
        }
        return plans;
    }

    void score(std::span<const Request> page, const std::vector<std::size_t>& which,
               const std::vector<const steer::CompiledPlan*>& plans, std::vector<Record>& records,
               const core::Watch& watch) {
        const auto room = static_cast<std::size_t>(session.options().batch);
        std::vector<steer::ScoringRequest> requests;
        std::vector<std::size_t> record_of;
        for (const std::size_t i : which) {
            const Question& question = *page[i].question;
            steer::ScoringItem item = scoring_item(question, local[page[i].arm].arm.system);
            std::size_t longest = 0;
            bool empty = item.context.empty();
            for (const auto& continuation : item.continuations) {
                longest = std::max(longest, item.context.size() + continuation.size());
                empty = empty || continuation.empty();
            }
            if (empty) {
                records[i].reason = "an option adds no token to the question";
            } else if (longest > room) {
                records[i].reason = "too long: " + std::to_string(longest) +
                                    " tokens, a batch has " + std::to_string(room);
            } else {
                requests.push_back({std::move(item), plans[i]});
                record_of.push_back(i);
            }
        }
        const steer::RequestScores scores =
            steer::score_requests(session, requests, {.pack_rows = options.pack_rows}, watch);
        rows_decoded += scores.rows_decoded;
        rows_least += scores.rows_least;
        for (std::size_t r = 0; r < requests.size(); ++r) {
            const Question& question = *page[record_of[r]].question;
            Record& record = records[record_of[r]];
            record.how = How::logprob;
            double inside = 0;
            for (std::size_t c = 0; c < scores.log_probability[r].size(); ++c) {
                OptionScore option;
                option.sum = scores.log_probability[r][c];
                option.tokens = static_cast<int>(requests[r].item.continuations[c].size());
                option.bytes = static_cast<int>(question.answers[c].size());
                inside += std::exp(option.sum);
                record.options.push_back(option);
            }
            record.p = probabilities(record.options, options.score);
            // between continuations of a text nothing is outside
            record.invalid = question.plain ? 0 : std::clamp(1 - inside, 0.0, 1.0);
            if (std::any_of(record.p.begin(), record.p.end(),
                            [](double p) { return !std::isfinite(p); })) {
                record.p.clear();
                record.reason = "the model's log-probabilities are not finite";
            }
        }
    }

    void generate(std::span<const Request> page, const std::vector<std::size_t>& which,
                  const std::vector<const steer::CompiledPlan*>& plans,
                  std::vector<Record>& records, const core::Watch& watch) {
        std::map<std::uint64_t, std::vector<std::size_t>> by_seed;
        for (const std::size_t i : which) by_seed[page[i].seed].push_back(i);
        for (const auto& [seed, members] : by_seed) {
            GenerateOptions generate_options;
            generate_options.max_tokens = options.max_tokens;
            generate_options.sampler.temperature = static_cast<double>(options.temperature);
            generate_options.sampler.seed = static_cast<std::uint32_t>(seed ^ (seed >> 32));
            for (std::size_t first = 0; first < members.size(); first += generated_together) {
                std::vector<GenerateRequest> requests;
                std::vector<std::size_t> record_of;
                for (std::size_t k = first;
                     k < std::min(members.size(), first + generated_together); ++k) {
                    const std::size_t i = members[k];
                    std::vector<Token> prompt = capture::context_tokens(
                        session.model(), capture::Context::chat, page[i].question->message,
                        local[page[i].arm].arm.system);
                    const auto share =
                        static_cast<std::size_t>(session.options().context) / generated_together;
                    if (prompt.size() + static_cast<std::size_t>(options.max_tokens) > share) {
                        records[i].reason = "too long: " + std::to_string(prompt.size()) +
                                            " tokens leave no room for an answer";
                        continue;
                    }
                    requests.push_back({std::move(prompt), plans[i]});
                    record_of.push_back(i);
                }
                if (requests.empty()) continue;
                const std::vector<Generated> answers =
                    answers::generate(session, requests, generate_options, {}, watch);
                for (std::size_t r = 0; r < answers.size(); ++r) {
                    Record& record = records[record_of[r]];
                    record.how = How::text;
                    record.text = answers[r].text;
                    if (answers[r].text.empty()) record.reason = "an empty answer";
                }
            }
        }
    }
};

LocalSubject::LocalSubject(model::Session& session, std::vector<LocalArm> arms,
                           LocalOptions options)
    : state_(std::make_unique<State>(session, std::move(arms), options)) {}
LocalSubject::~LocalSubject() = default;

std::string LocalSubject::identity() const {
    const model::ModelInfo& info = state_->session.model().info();
    nlohmann::ordered_json json;
    json["subject"] = "local";
    json["model"] = info.source_hash;
    json["weights"] = info.weights;
    json["template"] = info.template_id;
    json["score"] = score_by_name(state_->options.score);
    json["max_tokens"] = state_->options.max_tokens;
    json["temperature"] = state_->options.temperature;
    return json.dump();
}

const std::vector<AskArm>& LocalSubject::arms() const {
    return state_->arms;
}

std::vector<Record> LocalSubject::ask(std::span<const Request> page, const core::Watch& watch) {
    std::vector<Record> records(page.size());
    std::vector<std::size_t> scored, open;
    for (std::size_t i = 0; i < page.size(); ++i) {
        (page[i].question->answers.empty() ? open : scored).push_back(i);
    }
    const std::vector<const steer::CompiledPlan*> plans = state_->plans_of(page);
    if (!scored.empty()) state_->score(page, scored, plans, records, watch);
    if (!open.empty()) state_->generate(page, open, plans, records, watch);
    return records;
}

std::uint64_t LocalSubject::rows_decoded() const {
    return state_->rows_decoded;
}

std::uint64_t LocalSubject::rows_least() const {
    return state_->rows_least;
}

}  // namespace axia::answers
