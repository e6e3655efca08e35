#include "model/compare.h"

#include <Eigen/Core>

#include <time.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>
#include <vector>

#include "axia/model/session.h"
#include "model/neutral_text.h"

namespace axia::model {

namespace {

constexpr int sequences = 4;           // prompts packed in one batch
constexpr int longest_prompt = 48;     // tokens of each
constexpr int most_decoded = 24;       // tokens of one round
constexpr double round_seconds = 0.3;  // of each of the four parts of a round, about
constexpr int most_rounds = 8;
constexpr double kl_share = 0.4;    // of the time
constexpr double busy_share = 0.8;  // of the cores' time that a quiet machine gives at least

double seconds_of(::clockid_t clock) {
    ::timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double now() {
    return seconds_of(CLOCK_MONOTONIC);
}

/// KL(source || copy) of one row, in nats: sum of p (log p - log q).
double divergence(std::span<const float> source, std::span<const float> copy) {
    using Row = Eigen::Map<const Eigen::ArrayXf>;
    const auto size = static_cast<Eigen::Index>(source.size());
    const Eigen::ArrayXf p = Row(source.data(), size) - static_cast<float>(log_sum_exp(source));
    const Eigen::ArrayXf q = Row(copy.data(), size) - static_cast<float>(log_sum_exp(copy));
    return (p.exp() * (p - q)).cast<double>().sum();
}

std::vector<Row> prompt_rows(std::span<const Token> tokens, int sequence, bool every_logit) {
    std::vector<Row> rows(tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        rows[i].token = tokens[i];
        rows[i].position = static_cast<std::int32_t>(i);
        rows[i].sequence = sequence;
        rows[i].logits = every_logit || i + 1 == tokens.size();
    }
    return rows;
}

/// One side of a round.
class Runner {
  public:
    Runner(const std::shared_ptr<const Model>& model, const SessionOptions& options)
        : session_(model, options),
          clock_(options.threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC) {}

    Session& session() { return session_; }

    /// Tokens per second of packed prompts.
    double prompt(const std::vector<std::vector<Token>>& texts, int length) {
        std::vector<Row> rows;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::size_t count = std::min(texts[i].size(), static_cast<std::size_t>(length));
            const auto part =
                prompt_rows(std::span(texts[i]).first(count), static_cast<int>(i), false);
            rows.insert(rows.end(), part.begin(), part.end());
        }
        session_.clear();
        const double start = seconds_of(clock_);
        session_.decode(rows);
        const double seconds = seconds_of(clock_) - start;
        next_ = static_cast<int>(std::min(texts[0].size(), static_cast<std::size_t>(length)));
        return static_cast<double>(rows.size()) / seconds;
    }

    /// Tokens per second, one at a time, after the prompts; fewer than `count` when they take long.
    double decode(std::span<const Token> tokens, int count) {
        const double start = seconds_of(clock_), wall = now();
        int done = 0;
        while (done < count && (done < 2 || now() - wall < 3 * round_seconds)) {
            Row row;
            row.token = tokens[static_cast<std::size_t>(done++) % tokens.size()];
            row.position = next_++;
            row.logits = true;
            session_.decode({&row, 1});
        }
        return done / (seconds_of(clock_) - start);
    }

  private:
    Session session_;
    ::clockid_t clock_;
    int next_ = 0;
};

Rate rate_of(std::vector<double> values) {
    Rate rate;
    rate.rounds = static_cast<int>(values.size());
    if (values.empty()) return rate;
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    rate.median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    rate.low = values.front();
    rate.best = values.back();
    return rate;
}

/// The comparison of two models, on all threads or on one.
class Comparison {
  public:
    Comparison(const std::shared_ptr<const Model>& source, const std::shared_ptr<const Model>& copy,
               double seconds, int threads, const core::Watch& watch)
        : seconds_(seconds), threads_(threads), watch_(watch), start_(now()) {
        SessionOptions options;
        options.context = 1024;
        options.sequences = sequences;
        options.batch = 512;
        options.threads = threads;
        options.polling = false;  // the idle one's spinning threads would slow the other
        source_.emplace(source, options);
        copy_.emplace(copy, options);
        for (const std::string_view text : neutral_texts) {
            texts_.push_back(source->tokenize(text, true));
            if (texts_.back().size() > 256) texts_.back().resize(256);
        }
    }

    /// The machine leaves the threads less than their time: then they wait for one another,
    /// spinning.
    bool is_busy() {
        if (threads_ == 1) return false;
        const double wall = now(), busy = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        source_->prompt(texts_, longest_prompt);
        source_->decode(texts_[0], 4);
        return seconds_of(CLOCK_PROCESS_CPUTIME_ID) - busy < busy_share * threads_ * (now() - wall);
    }

    /// False when the logits are not finite.
    bool distance(PreparedCard& card) {
        double sum = 0, squares = 0;
        int tokens = 0;
        for (const std::vector<Token>& text : texts_) {
            watch_.check();
            const std::vector<Row> rows = prompt_rows(text, 0, true);
            for (Runner* one : {&*source_, &*copy_}) {
                one->session().clear();
                one->session().decode(rows);
            }
            for (std::size_t i = 1; i < rows.size(); ++i) {  // row 0 sees only the text's beginning
                const double kl =
                    divergence(source_->session().logits(i), copy_->session().logits(i));
                if (!std::isfinite(kl)) return false;
                sum += kl;
                squares += kl * kl;
                ++tokens;
            }
            if (now() - start_ > kl_share * seconds_) break;
        }
        card.kl_tokens = tokens;
        card.mean_kl = std::max(0.0, sum / tokens);
        const double variance = (squares - sum * sum / tokens) / std::max(1, tokens - 1);
        card.kl_error = std::sqrt(std::max(0.0, variance) / tokens);
        return true;
    }

    void rates(PreparedCard& card) {
        const double guess = source_->prompt(texts_, 8);  // tokens per second
        const int length =
            std::clamp(static_cast<int>(guess * round_seconds / sequences), 8, longest_prompt);
        const double single = source_->decode(texts_[0], 1);
        const int decoded = std::clamp(static_cast<int>(single * round_seconds), 3, most_decoded);
        copy_->prompt(texts_, length);
        copy_->decode(texts_[0], 1);

        std::vector<double> prompts[2], decodes[2];
        for (int round = 0; round < 2 || (round < most_rounds && now() - start_ < seconds_);
             ++round) {
            for (const int turn : {0, 1}) {
                watch_.check();
                const int side = (turn + round) % 2;  // each goes first in turn
                Runner& runner = side == 0 ? *source_ : *copy_;
                prompts[side].push_back(runner.prompt(texts_, length));
                decodes[side].push_back(runner.decode(texts_[0], decoded));
            }
        }
        card.threads = threads_;
        card.source_prompt = rate_of(prompts[0]);
        card.source_decode = rate_of(decodes[0]);
        card.prompt = rate_of(prompts[1]);
        card.decode = rate_of(decodes[1]);
    }

  private:
    double seconds_;
    int threads_;
    const core::Watch& watch_;
    double start_;
    std::optional<Runner> source_, copy_;
    std::vector<std::vector<Token>> texts_;
};

/// The rounds differ so much that something else was running.
bool was_disturbed(const PreparedCard& card) {
    const Rate* rates[] = {&card.prompt, &card.decode, &card.source_prompt, &card.source_decode};
    return std::any_of(std::begin(rates), std::end(rates),
                       [](const Rate* rate) { return rate->best > 1.5 * rate->median; });
}

}  // namespace

void compare_models(const std::shared_ptr<const Model>& source,
                    const std::shared_ptr<const Model>& copy, double seconds, int threads,
                    const core::Watch& watch, PreparedCard& card) {
    if (threads <= 0) {
        threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    }
    std::optional<Comparison> comparison;
    comparison.emplace(source, copy, seconds, threads, watch);
    const bool busy = comparison->is_busy();
    if (busy) comparison.emplace(source, copy, seconds, 1, watch);
    if (!comparison->distance(card)) {
        card.note = "its logits are not finite";
        return;
    }
    comparison->rates(card);
    if (!busy && threads > 1 && was_disturbed(card)) {
        comparison.emplace(source, copy, seconds / 2, 1, watch);
        comparison->rates(card);
    }
}

}  // namespace axia::model
