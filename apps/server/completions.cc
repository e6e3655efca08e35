#include "server/completions.h"

#include <algorithm>

namespace axia::server {

void Completions::Channel::push(Event event) {
    {
        const std::lock_guard lock(mutex);
        events.push_back(std::move(event));
    }
    changed.notify_one();
}

Completions::Completions(answers::Engine& engine, ReplyHead head, std::vector<Choice> choices,
                         Usage usage, std::vector<answers::EngineRequest> requests)
    : engine_(engine),
      head_(std::move(head)),
      choices_(std::move(choices)),
      begun_(choices_.size(), 0),
      usage_(usage),
      open_(choices_.size()) {
    std::vector<answers::EngineSink> sinks;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        answers::EngineSink sink;
        sink.piece = [i, channel = channel_](std::string_view piece,
                                             std::vector<answers::TokenScore> scores) {
            channel->push({i, std::string(piece), std::move(scores), std::nullopt});
        };
        sink.done = [i, channel = channel_](answers::EngineAnswer answer) {
            channel->push({i, {}, {}, std::move(answer)});
        };
        sinks.push_back(std::move(sink));
    }
    numbers_ = engine_.submit(std::move(requests), std::move(sinks));
}

Completions::~Completions() {
    if (finished()) return;
    for (const std::uint64_t number : numbers_) engine_.cancel(number);
}

bool Completions::wait(std::chrono::milliseconds time) {
    std::unique_lock lock(channel_->mutex);
    return channel_->changed.wait_for(lock, time, [&] { return !channel_->events.empty(); });
}

std::string Completions::take(bool stream) {
    std::deque<Event> events;
    {
        const std::lock_guard lock(channel_->mutex);
        events.swap(channel_->events);
    }
    std::string text;
    for (Event& event : events) {
        Choice& choice = choices_[event.choice];
        if (stream && head_.chat && begun_[event.choice] == 0) {
            text += first_event(head_, event.choice);
            begun_[event.choice] = 1;
        }
        if (!event.answer) {
            ++pieces_;
            if (stream) {
                text += piece_event(head_, engine_.model(), event.choice, event.piece, event.scores,
                                    choice.logprobs);
                continue;
            }
            choice.text += event.piece;
            choice.scores.insert(choice.scores.end(), std::make_move_iterator(event.scores.begin()),
                                 std::make_move_iterator(event.scores.end()));
            continue;
        }
        --open_;
        choice.answer = std::move(*event.answer);
        if (choice.answer.error) std::rethrow_exception(choice.answer.error);
        usage_.completion_tokens += choice.answer.generated.tokens;
        if (choice.counted) usage_.cached_tokens += choice.answer.cached;
        if (stream) text += last_event(head_, engine_.model(), event.choice, choice);
    }
    return text;
}

Usage Completions::spent() const {
    Usage spent = usage_;
    spent.completion_tokens = std::max(spent.completion_tokens, pieces_);
    return spent;
}

std::string Completions::json() const {
    return reply_json(head_, engine_.model(), choices_, usage_);
}

}  // namespace axia::server
