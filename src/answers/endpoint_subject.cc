#include "axia/answers/endpoint_subject.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "axia/answers/parse_option.h"
#include "axia/core/error.h"
#include "axia/core/hash.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;
using model::ChatRequest;
using model::EndpointChoice;
using model::EndpointReply;

namespace {

constexpr int most_samples = 128;
constexpr int top_logprobs = 20;     // as many as OpenAI gives
constexpr double lowest_sum = -1e9;  // of a text's log-probabilities
constexpr const char* no_logprobs = "the endpoint gives no log-probabilities of a text";

std::string_view without_blanks(std::string_view text) {
    // also as SentencePiece (U+2581) and byte-level BPE (U+0120) write a blank
    for (bool again = true; again;) {
        again = false;
        for (const std::string_view blank : {" ", "\n", "\t", "\xE2\x96\x81", "\xC4\xA0"}) {
            if (!text.starts_with(blank)) continue;
            text.remove_prefix(blank.size());
            again = true;
        }
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
    return text;
}

/// "B", " B", "B.", "B)" or "B:".
bool is_letter(std::string_view token, const std::string& letter) {
    token = without_blanks(token);
    if (token.size() == letter.size() + 1 &&
        std::string_view(".):").find(token.back()) != std::string_view::npos) {
        token.remove_suffix(1);
    }
    return token == letter;
}

/// Probabilities of the letters from the likeliest first tokens; false when no letter is there.
bool read_letters(const EndpointChoice& choice, const std::vector<std::string>& letters,
                  Record& record) {
    std::vector<double> p(letters.size(), 0);
    for (const model::TokenChance& chance : choice.tokens[0].top) {
        for (std::size_t i = 0; i < letters.size(); ++i) {
            if (is_letter(chance.token, letters[i])) p[i] += std::exp(chance.log_probability);
        }
    }
    double inside = 0;
    for (const double x : p) inside += x;
    if (inside <= 0) return false;
    record.how = How::logprob;
    record.invalid = std::clamp(1 - inside, 0., 1.);
    // a letter outside the top has no log-probability, and its options none
    if (std::all_of(p.begin(), p.end(), [](double x) { return x > 0; })) {
        for (const double x : p) record.options.push_back({std::log(x), 1, 1});
    }
    for (double& x : p) x /= inside;
    record.p = std::move(p);
    return true;
}

/// Log-probability of the end of `text` that is `length` bytes long.
std::optional<OptionScore> score_end(const EndpointReply& reply, std::string_view text,
                                     std::size_t length) {
    const EndpointChoice& choice = reply.choices[0];
    std::string joined;
    for (const model::ScoredToken& token : choice.tokens) joined += token.chosen.token;
    std::size_t end = choice.tokens.size();
    if (end > 0 && !joined.ends_with(text)) {  // one was generated after the text
        --end;
        joined.resize(joined.size() - choice.tokens[end].chosen.token.size());
    }
    if (!joined.ends_with(text)) return std::nullopt;
    OptionScore score;
    std::size_t bytes = 0;
    while (end > 0 && bytes < length) {
        const model::TokenChance& token = choice.tokens[--end].chosen;
        bytes += token.token.size();
        score.sum += token.log_probability;
        ++score.tokens;
    }
    if (bytes < length || !(score.sum >= lowest_sum)) return std::nullopt;
    return score;
}

}  // namespace

struct EndpointSubject::State {
    /// What is found out by asking.
    enum class Can { unknown, yes, no };

    model::Endpoint& endpoint;
    std::vector<AskArm> arms;
    EndpointSubjectOptions options;
    EndpointAnswers answers;
    Can give_logprobs = Can::unknown, give_many = Can::unknown, echo = Can::unknown;

    State(model::Endpoint& e, std::vector<AskArm> a, EndpointSubjectOptions o)
        : endpoint(e), arms(std::move(a)), options(o) {
        for (const AskArm& arm : arms) {
            if (arm.plan_hash != "none") {
                throw Error(ErrorKind::usage, "a plan cannot act on a model behind an endpoint",
                            "arm '" + arm.name + "'", "use a system message, or a local model");
            }
        }
        if (options.samples < 1 || options.samples > most_samples) {
            throw Error(ErrorKind::usage, "must be 1 to " + std::to_string(most_samples),
                        "samples");
        }
        if (!(options.temperature >= 0 && options.temperature <= 2)) {
            throw Error(ErrorKind::usage, "must be 0 to 2", "temperature");
        }
        if (options.samples == 1) give_many = Can::yes;
        if (options.max_tokens < 1)
            throw Error(ErrorKind::usage, "must be 1 or more", "max_tokens");
    }

    ChatRequest chat_of(const Request& request) const {
        const AskArm& arm = arms[request.arm];
        ChatRequest chat;
        if (!arm.system.empty()) chat.messages.push_back({"system", arm.system});
        chat.messages.push_back({"user", request.question->message});
        return chat;
    }

    /// Of one draw. Far from one another, as servers count up from the seed of a request; 31 bits,
    /// as some read no more.
    std::uint64_t seed_of(const Request& request, std::size_t draw) const {
        const std::string hash =
            core::sha256_hex(std::to_string(request.seed) + "\n" + std::to_string(draw) + "\n" +
                             std::to_string(request.question->repeat) + "\n" +
                             arms[request.arm].system + "\n" + request.question->message);
        return std::stoull(hash.substr(0, 8), nullptr, 16) & 0x7fffffff;
    }

    /// Asks the letters' questions `which`. Gives those that have to be asked in words.
    std::vector<std::size_t> ask_letters(std::span<const Request> page,
                                         std::span<const std::size_t> which,
                                         std::vector<Record>& records, const core::Watch& watch) {
        std::vector<ChatRequest> chats;
        for (const std::size_t i : which) {
            ChatRequest& chat = chats.emplace_back(chat_of(page[i]));
            chat.sampling.max_tokens = 1;
            chat.sampling.temperature = 1;  // log-probabilities after tempering are then the same
            chat.top_logprobs = top_logprobs;
        }
        const std::vector<EndpointReply> replies = endpoint.chat(chats, watch);
        std::vector<std::size_t> in_words;
        for (std::size_t r = 0; r < replies.size(); ++r) {
            const EndpointReply& reply = replies[r];
            Record& record = records[which[r]];
            if (!reply.reason.empty() && !reply.refused) {
                record.reason = reply.reason;
                continue;
            }
            const bool given = !reply.refused && !reply.choices[0].tokens.empty() &&
                               !reply.choices[0].tokens[0].top.empty();
            if (!reply.refused && give_logprobs == Can::unknown) {
                give_logprobs = given ? Can::yes : Can::no;
            }
            if (given && reply.choices[0].implausible && ++answers.implausible == 1) {
                watch.warn(
                    "the endpoint's log-probabilities are not probabilities; answers are "
                    "drawn instead");
            }
            if (given && !reply.choices[0].implausible &&
                read_letters(reply.choices[0], page[which[r]].question->answers, record)) {
                ++answers.by_logprob;
            } else {
                in_words.push_back(which[r]);
            }
        }
        return in_words;
    }

    /// What is drawn for one question.
    struct Draws {
        std::vector<std::string> texts;
        std::string reason;  // of the first draw that failed
        bool over = false;   // asking again is no use
    };

    ChatRequest draw_of(const Request& request, std::size_t draw, int n) const {
        std::size_t longest = 0;
        for (const data::ItemOption& option : request.item->options) {
            longest = std::max(longest, option.text.size());
        }
        ChatRequest chat = chat_of(request);
        // an option is rarely more tokens than half its bytes
        chat.sampling.max_tokens = 16 + static_cast<int>(longest / 2);
        chat.sampling.temperature = options.temperature;
        chat.sampling.seed = seed_of(request, draw);
        chat.n = n;
        return chat;
    }

    /// One round: `n` answers in one request to each of `which`, or what they lack one by one.
    void draw(std::span<const Request> page, std::span<const std::size_t> which, bool together,
              std::vector<Draws>& draws, const core::Watch& watch) {
        std::vector<ChatRequest> chats;
        std::vector<std::size_t> owners;
        for (std::size_t w = 0; w < which.size(); ++w) {
            const std::size_t have = draws[w].texts.size();
            const auto wanted = static_cast<std::size_t>(options.samples);
            if (draws[w].over || have >= wanted) continue;
            for (std::size_t draw = have; draw < wanted; draw += together ? wanted : 1) {
                chats.push_back(draw_of(page[which[w]], draw, together ? options.samples : 1));
                owners.push_back(w);
            }
        }
        std::vector<EndpointReply> replies = endpoint.chat(chats, watch);
        for (std::size_t r = 0; r < replies.size(); ++r) {
            Draws& own = draws[owners[r]];
            if (!replies[r].reason.empty()) {
                if (own.reason.empty()) own.reason = replies[r].reason;
                // several answers at once may be what it does not take
                own.over = !(replies[r].refused && together && give_many == Can::unknown);
                continue;
            }
            for (EndpointChoice& choice : replies[r].choices) {
                if (own.texts.size() < static_cast<std::size_t>(options.samples)) {
                    own.texts.push_back(std::move(choice.text));
                }
            }
        }
    }

    void ask_in_words(std::span<const Request> page, std::span<const std::size_t> which,
                      std::vector<Record>& records, const core::Watch& watch) {
        std::vector<Draws> draws(which.size());
        const auto all_drawn = [&] {
            return std::any_of(draws.begin(), draws.end(), [&](const Draws& d) {
                return d.texts.size() == static_cast<std::size_t>(options.samples);
            });
        };
        if (give_many != Can::no) draw(page, which, true, draws, watch);
        if (give_many == Can::unknown && all_drawn()) give_many = Can::yes;
        draw(page, which, false, draws, watch);
        if (give_many == Can::unknown && all_drawn()) give_many = Can::no;
        for (std::size_t w = 0; w < which.size(); ++w) {
            count(page[which[w]], draws[w], records[which[w]]);
        }
    }

    void count(const Request& request, const Draws& draws, Record& record) {
        record.how = How::samples;
        if (draws.texts.empty()) {
            record.reason = draws.reason;
            return;
        }
        ++answers.by_samples;
        std::vector<std::string> texts;
        for (const data::ItemOption& option : request.item->options) texts.push_back(option.text);
        const std::span<const std::string> letters =
            request.question->letters ? std::span<const std::string>(request.question->answers)
                                      : std::span<const std::string>();
        std::vector<double> p(texts.size(), 0);
        std::size_t valid = 0;
        for (const std::string& text : draws.texts) {
            if (const auto option = parse_option(text, texts, letters)) {
                p[*option] += 1;
                ++valid;
            } else if (record.text.empty()) {
                record.text = text;
            }
        }
        const auto all = static_cast<double>(draws.texts.size());
        record.invalid = 1 - static_cast<double>(valid) / all;
        if (valid == 0) {
            record.reason = "no drawn answer names one of the options";
            return;
        }
        for (double& x : p) x /= static_cast<double>(valid);
        record.p = std::move(p);
    }

    void ask_open(std::span<const Request> page, std::span<const std::size_t> which,
                  std::vector<Record>& records, const core::Watch& watch) {
        std::vector<ChatRequest> chats;
        for (const std::size_t i : which) {
            ChatRequest& chat = chats.emplace_back(chat_of(page[i]));
            chat.sampling.max_tokens = options.max_tokens;
            chat.sampling.temperature = options.temperature;
            chat.sampling.seed = seed_of(page[i], 0);
        }
        const std::vector<EndpointReply> replies = endpoint.chat(chats, watch);
        for (std::size_t r = 0; r < replies.size(); ++r) {
            Record& record = records[which[r]];
            record.how = How::text;
            record.reason = replies[r].reason;
            if (!record.reason.empty()) continue;
            record.text = replies[r].choices[0].text;
            if (record.text.empty()) record.reason = "an empty answer";
        }
    }

    void ask_likelihoods(std::span<const Request> page, std::span<const std::size_t> which,
                         std::vector<Record>& records, const core::Watch& watch) {
        std::vector<model::EchoRequest> texts;
        for (const std::size_t i : which) {
            for (const std::string& answer : page[i].question->answers) {
                texts.push_back({page[i].question->message + " " + answer});
            }
        }
        const bool asked = echo != Can::no;
        const std::vector<EndpointReply> replies =
            asked ? endpoint.echo(texts, watch) : std::vector<EndpointReply>();
        std::size_t reply = 0;
        for (const std::size_t i : which) {
            Record& record = records[i];
            record.how = How::logprob;
            if (!asked) {
                record.reason = no_logprobs;
                continue;
            }
            for (const std::string& answer : page[i].question->answers) {
                if (replies[reply].lacking) {
                    echo = Can::no;
                } else if (echo == Can::unknown && replies[reply].reason.empty()) {
                    echo = Can::yes;
                }
                score(replies[reply], texts[reply].text, answer, record);
                ++reply;
            }
            if (record.reason.empty()) {
                record.p = probabilities(record.options, options.score);
                ++answers.by_logprob;
            } else {
                record.options.clear();
            }
        }
    }

    void score(const EndpointReply& reply, const std::string& text, const std::string& answer,
               Record& record) {
        if (!record.reason.empty()) return;
        if (!reply.reason.empty()) {
            record.reason = reply.lacking ? no_logprobs : reply.reason;
        } else if (reply.choices[0].tokens.empty()) {
            record.reason = no_logprobs;
        } else if (reply.choices[0].implausible) {
            ++answers.implausible;
            record.reason = "the endpoint's log-probabilities are not probabilities";
        } else if (const auto found = score_end(reply, text, answer.size() + 1)) {
            record.options.push_back({found->sum, found->tokens, static_cast<int>(answer.size())});
        } else {
            record.reason = "the endpoint's tokens are not those of the text";
        }
    }
};

EndpointSubject::EndpointSubject(model::Endpoint& endpoint, std::vector<AskArm> arms,
                                 EndpointSubjectOptions options)
    : state_(std::make_unique<State>(endpoint, std::move(arms), options)) {}
EndpointSubject::~EndpointSubject() = default;

std::string EndpointSubject::identity() const {
    nlohmann::ordered_json json;
    json["subject"] = "endpoint";
    json["url"] = state_->endpoint.url();
    json["model"] = state_->endpoint.model();
    json["score"] = score_by_name(state_->options.score);
    json["samples"] = state_->options.samples;
    json["max_tokens"] = state_->options.max_tokens;
    json["temperature"] = state_->options.temperature;
    return json.dump();
}

const std::vector<AskArm>& EndpointSubject::arms() const {
    return state_->arms;
}

std::vector<Record> EndpointSubject::ask(std::span<const Request> page, const core::Watch& watch) {
    State& state = *state_;
    std::vector<Record> records(page.size());
    std::vector<std::size_t> letters, words, open, likelihoods;
    for (std::size_t i = 0; i < page.size(); ++i) {
        const Question& question = *page[i].question;
        if (question.answers.empty()) {
            open.push_back(i);
        } else if (question.plain) {
            likelihoods.push_back(i);
        } else if (question.answers.size() < 2) {
            records[i].reason = "an endpoint cannot tell how likely a single answer is";
        } else {
            (question.letters ? letters : words).push_back(i);
        }
    }
    /// The first alone while it is not known what the endpoint can do.
    const auto in_steps = [](const std::vector<std::size_t>& which, const State::Can& can,
                             const auto& ask_some) {
        std::span<const std::size_t> left = which;
        while (!left.empty()) {
            const std::size_t count = can == State::Can::unknown ? 1 : left.size();
            ask_some(left.first(count));
            left = left.subspan(count);
        }
    };
    in_steps(letters, state.give_logprobs, [&](std::span<const std::size_t> some) {
        std::vector<std::size_t> rest(some.begin(), some.end());
        if (state.give_logprobs != State::Can::no) {
            rest = state.ask_letters(page, some, records, watch);
        }
        if (rest.empty() || state.give_logprobs != State::Can::unknown) {
            words.insert(words.end(), rest.begin(), rest.end());
            return;
        }
        // refused: for the log-probabilities if it answers without them
        const std::uint64_t before = state.answers.by_samples;
        state.ask_in_words(page, rest, records, watch);
        if (state.answers.by_samples > before) state.give_logprobs = State::Can::no;
    });
    in_steps(words, state.give_many, [&](std::span<const std::size_t> some) {
        state.ask_in_words(page, some, records, watch);
    });
    if (!open.empty()) state.ask_open(page, open, records, watch);
    in_steps(likelihoods, state.echo, [&](std::span<const std::size_t> some) {
        state.ask_likelihoods(page, some, records, watch);
    });
    return records;
}

EndpointAnswers EndpointSubject::answers() const {
    return state_->answers;
}

}  // namespace axia::answers
