#include "model/compare.h"

#include <Eigen/Core>

#include <algorithm>
#include <chrono>
#include <cmath>
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
constexpr double kl_share = 0.4;  // of the time

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
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
        : session_(model, options) {}

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
        const double start = now();
        session_.decode(rows);
        const double seconds = now() - start;
        next_ = static_cast<int>(std::min(texts[0].size(), static_cast<std::size_t>(length)));
        return static_cast<double>(rows.size()) / seconds;
    }

    /// Tokens per second, one at a time, after the prompts.
    double decode(std::span<const Token> tokens, int count) {
        const double start = now();
        for (int i = 0; i < count; ++i) {
            Row row;
            row.token = tokens[static_cast<std::size_t>(i) % tokens.size()];
            row.position = next_++;
            row.logits = true;
            session_.decode({&row, 1});
        }
        return count / (now() - start);
    }

  private:
    Session session_;
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

}  // namespace

void compare_models(const std::shared_ptr<const Model>& source,
                    const std::shared_ptr<const Model>& copy, double seconds, int threads,
                    const core::Watch& watch, PreparedCard& card) {
    SessionOptions options;
    options.context = 1024;
    options.sequences = sequences;
    options.batch = 512;
    options.threads = threads;
    options.polling = false;  // the idle one's spinning threads would slow the other
    Runner a(source, options), b(copy, options);

    std::vector<std::vector<Token>> texts;
    for (const std::string_view text : neutral_texts) {
        texts.push_back(source->tokenize(text, true));
        if (texts.back().size() > 256) texts.back().resize(256);
    }

    const double start = now();
    double sum = 0, squares = 0, source_seconds = 0;
    int tokens = 0, rows_run = 0;
    for (const std::vector<Token>& text : texts) {
        watch.check();
        const std::vector<Row> rows = prompt_rows(text, 0, true);
        a.session().clear();
        b.session().clear();
        const double before = now();
        a.session().decode(rows);
        source_seconds += now() - before;
        b.session().decode(rows);
        rows_run += static_cast<int>(rows.size());
        for (std::size_t i = 1; i < rows.size(); ++i) {  // row 0 sees only the beginning-of-text
            const double kl = divergence(a.session().logits(i), b.session().logits(i));
            if (!std::isfinite(kl)) {
                card.note = "its logits are not finite";
                return;
            }
            sum += kl;
            squares += kl * kl;
            ++tokens;
        }
        if (now() - start > kl_share * seconds) break;
    }
    card.kl_tokens = tokens;
    card.mean_kl = std::max(0.0, sum / tokens);
    const double variance = (squares - sum * sum / tokens) / std::max(1, tokens - 1);
    card.kl_error = std::sqrt(std::max(0.0, variance) / tokens);

    const double guess = rows_run / source_seconds;  // tokens per second
    const int length =
        std::clamp(static_cast<int>(guess * round_seconds / sequences), 8, longest_prompt);
    a.prompt(texts, length);
    const double single = a.decode(texts[0], 1);
    const int decoded = std::clamp(static_cast<int>(single * round_seconds), 3, most_decoded);
    b.prompt(texts, length);
    b.decode(texts[0], 1);

    std::vector<double> prompts[2], decodes[2];
    for (int round = 0; round < 2 || (round < most_rounds && now() - start < seconds); ++round) {
        for (const int turn : {0, 1}) {
            watch.check();
            const int side = (turn + round) % 2;  // each goes first in turn
            Runner& runner = side == 0 ? a : b;
            prompts[side].push_back(runner.prompt(texts, length));
            decodes[side].push_back(runner.decode(texts[0], decoded));
        }
    }
    card.source_prompt = rate_of(prompts[0]);
    card.source_decode = rate_of(decodes[0]);
    card.prompt = rate_of(prompts[1]);
    card.decode = rate_of(decodes[1]);
}

}  // namespace axia::model
