#include "axia/answers/engine.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "answers/engine_job.h"
#include "axia/core/error.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;
using model::Row;
using model::Token;

namespace {

using Job = EngineJob;

/// Rows of one step whose logits are kept for the scores of prompts: each is a vocabulary wide.
constexpr std::size_t most_scored_rows = 32;

}  // namespace

struct Engine::State {
    std::unique_ptr<model::Session> session;
    EngineOptions options;
    steer::SteerHook hook;

    mutable std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::unique_ptr<Job>> queue;
    std::vector<std::unique_ptr<Job>> running;  // in the order of coming
    std::vector<int> free;                      // sequences
    std::vector<Kept> kept;
    std::size_t cells_free = 0, parallel = 0;
    std::uint64_t admissions = 0;
    EngineCounts counts;
    std::uint64_t next_number = 1;
    bool stopping = false;
    std::thread thread;

    int context() const { return session->options().context; }

    void check(const Job& job) const {
        const std::size_t prompt = job.request.prompt.size();
        const auto room = static_cast<std::size_t>(context());
        if (prompt == 0) throw Error(ErrorKind::input, "the prompt has no tokens", "prompt");
        if (prompt + (job.request.options.max_tokens > 0 ? 1 : 0) > room) {
            throw Error(ErrorKind::input,
                        "the prompt has " + std::to_string(prompt) +
                            " tokens and leaves no room in a context of " + std::to_string(room),
                        "prompt", "shorten it, or serve with a larger --ctx");
        }
        const auto batch = static_cast<std::size_t>(session->options().batch);
        const std::size_t others = parallel - 1;
        if (job.whole_prompt() && prompt + others > batch) {
            throw Error(ErrorKind::input,
                        "a plan of amount prompt and rows all takes a prompt of at most " +
                            std::to_string(batch - others) + " tokens; this one has " +
                            std::to_string(prompt),
                        "prompt", "shorten it, or serve with a larger --batch");
        }
        const int vocabulary = session->model().info().vocabulary;
        for (const Token token : job.request.prompt) {
            if (token < 0 || token >= vocabulary) {
                throw Error(ErrorKind::input,
                            std::to_string(token) + " is no token of this model, which has " +
                                std::to_string(vocabulary),
                            "prompt");
            }
        }
    }

    /// Drops what is kept longest unused, but `donor`. False when there is nothing else.
    bool drop_oldest(int donor) {
        auto oldest = kept.end();
        for (auto one = kept.begin(); one != kept.end(); ++one) {
            if (one->sequence == donor) continue;
            if (oldest == kept.end() || one->used < oldest->used) oldest = one;
        }
        if (oldest == kept.end()) return false;
        session->cut(oldest->sequence);
        free.push_back(oldest->sequence);
        cells_free += oldest->tokens.size();
        kept.erase(oldest);
        return true;
    }

    /// Which rows the job may take over at most: never the last, whose logits it needs.
    Sharing wanted(const Job& job) const {
        if (!options.reuse || job.request.prompt_scores) return {};
        return job.shares(job.request.prompt.size() - 1);
    }

    /// The kept prefix that saves most; `rows` becomes how much.
    Kept* best_kept(const Job& job, std::size_t& rows) {
        const Sharing want = wanted(job);
        Kept* best = nullptr;
        rows = 0;
        for (Kept& one : kept) {
            if (one.key != want.key) continue;
            const std::size_t shared =
                std::min(want.rows, common_rows(job.request.prompt, one.tokens));
            if (shared >= least_shared && shared > rows) best = &one, rows = shared;
        }
        return best;
    }

    /// A running job that has, or will have, more of the job's first rows than `rows`.
    const Job* best_running(const Job& job, std::size_t& rows) const {
        const Sharing want = wanted(job);
        const Job* best = nullptr;
        for (const auto& other : running) {
            const Sharing has = other->shares(other->request.prompt.size());
            if (has.key != want.key) continue;
            const std::size_t shared = std::min(
                {want.rows, has.rows, common_rows(job.request.prompt, other->request.prompt)});
            if (shared >= least_shared && shared > rows) best = other.get(), rows = shared;
        }
        return best;
    }

    void take_rows(Job& job, int from, std::size_t rows) {
        if (from != job.sequence) session->copy(from, job.sequence, static_cast<int>(rows));
        job.decoded = rows;
        job.stream.position = static_cast<int>(rows) - 1;
        job.answer.cached = static_cast<int>(rows);
    }

    /// Takes from the queue what has room now. With the mutex held.
    void admit() {
        while (!queue.empty() && running.size() < parallel) {
            Job& job = *queue.front();
            std::size_t room = cells_free;
            for (const Kept& one : kept) room += one.tokens.size();
            if (room < job.cells) break;
            std::size_t rows = 0;
            Kept* donor = best_kept(job, rows);
            const int from = donor != nullptr ? donor->sequence : -1;
            while ((free.empty() || cells_free < job.cells) && drop_oldest(from)) {
            }
            const auto at = std::find_if(kept.begin(), kept.end(),
                                         [&](const Kept& one) { return one.sequence == from; });
            if (free.empty() || cells_free < job.cells) {  // the donor itself has to go on as it
                cells_free += at->tokens.size();
                job.sequence = from;
                session->cut(from, static_cast<int>(rows));
                kept.erase(at);
            } else {
                job.sequence = free.back();
                free.pop_back();
                if (at != kept.end()) at->used = ++admissions;
            }
            cells_free -= job.cells;
            if (from >= 0) take_rows(job, from, rows);
            if (const Job* leader = best_running(job, rows)) {
                job.leader = leader->number;
                job.lead_rows = rows;
            }
            running.push_back(std::move(queue.front()));
            queue.pop_front();
        }
        // attention passes over every used cell of the cache, also those of none of its sequences:
        // the more answers run, the less may be kept for later ones
        const std::size_t most =
            static_cast<std::size_t>(context()) / 2 / std::max<std::size_t>(1, running.size());
        const auto kept_cells = [&] {
            std::size_t sum = 0;
            for (const Kept& one : kept) sum += one.tokens.size();
            return sum;
        };
        while (kept_cells() > most && drop_oldest(-1)) {
        }
    }

    /// Takes over the leader's rows once they are in the cache, or what it left there.
    void follow(Job& job) {
        if (job.leader == 0) return;
        const auto leader = std::find_if(running.begin(), running.end(), [&](const auto& other) {
            return other->number == job.leader;
        });
        std::size_t rows = job.lead_rows;
        if (leader != running.end()) {
            if ((*leader)->rows_in_cache() < rows) return;
            take_rows(job, (*leader)->sequence, rows);
        } else if (const Kept* left = best_kept(job, rows); left && rows > job.decoded) {
            take_rows(job, left->sequence, rows);
        }
        job.leader = 0;
    }

    void run() {
        std::unique_lock lock(mutex);
        while (true) {
            wake.wait(lock, [&] { return stopping || !queue.empty() || !running.empty(); });
            std::vector<std::unique_ptr<Job>> ended;
            const auto leave = [&](auto& jobs) {
                for (auto& job : jobs) {
                    if (!stopping && !job->cancelled) continue;
                    job->stream.finish = "cancelled";
                    release(*job);
                    ++counts.cancelled;
                    ended.push_back(std::move(job));
                }
                std::erase(jobs, nullptr);
            };
            leave(queue);
            leave(running);
            if (stopping && ended.empty()) return;
            admit();
            lock.unlock();
            for (const auto& job : ended) finish(*job);
            ended.clear();
            if (!running.empty()) step();  // `running` changes on this thread alone
            lock.lock();
        }
    }

    /// Gives back the job's sequence and cells, but for rows worth keeping. With the mutex held.
    void release(const Job& job) {
        if (job.sequence < 0) return;
        cells_free += job.cells;
        Sharing has = job.shares(job.rows_in_cache());
        if (!options.reuse || job.answer.error || has.rows < least_shared ||
            (job.leader != 0 && job.decoded == 0)) {
            session->cut(job.sequence);
            free.push_back(job.sequence);
            return;
        }
        Kept one{job.sequence, std::move(has.key), {}, ++admissions};
        for (std::size_t row = 0; row < has.rows; ++row) one.tokens.push_back(job.token_at(row));
        for (auto other = kept.begin(); other != kept.end();) {
            const std::size_t shared =
                other->key == one.key ? common_rows(other->tokens, one.tokens) : 0;
            if (shared == one.tokens.size()) {  // says nothing new
                other->used = admissions;
                session->cut(job.sequence);
                free.push_back(job.sequence);
                return;
            }
            if (shared == other->tokens.size()) {
                session->cut(other->sequence);
                free.push_back(other->sequence);
                cells_free += other->tokens.size();
                other = kept.erase(other);
            } else {
                ++other;
            }
        }
        session->cut(job.sequence, static_cast<int>(has.rows));
        cells_free -= std::min(cells_free, one.tokens.size());
        kept.push_back(std::move(one));
    }

    void finish(Job& job) {
        job.answer.generated = job.stream.result();
        if (job.sink.done) job.sink.done(std::move(job.answer));
    }

    struct Part {
        Job* job;
        std::size_t first, count;  // rows of the call
    };
    struct Call {
        std::vector<Row> rows;
        std::vector<steer::RowSteer> steering;
        std::vector<Part> parts;
    };

    /// A row of every answer, and rows of prompts beside them.
    Call next_call() {
        Call call;
        const auto add = [&](Job& job, Token token, std::size_t position, bool logits) {
            call.rows.push_back(
                {token, static_cast<std::int32_t>(position), job.sequence, 0, logits});
            call.steering.push_back(job.stream.steering(position));
        };
        for (const auto& job : running) follow(*job);
        for (const auto& job : running) {
            if (job->prefilling()) continue;
            call.parts.push_back({job.get(), call.rows.size(), 1});
            add(*job, job->stream.next, static_cast<std::size_t>(++job->stream.position), true);
        }
        const auto batch = static_cast<std::size_t>(session->options().batch);
        const std::size_t share = call.parts.empty() ? options.alone_rows : options.prompt_rows;
        std::size_t budget = std::min(batch - call.rows.size(), share);
        std::size_t scored = 0;
        for (const auto& job : running) {
            if (!job->prefilling() || job->leader != 0) continue;
            const std::vector<Token>& prompt = job->request.prompt;
            std::size_t count = std::min(prompt.size() - job->decoded, budget);
            if (job->whole_prompt()) {
                count = prompt.size();
                if (call.rows.size() + count > batch) continue;
            } else if (job->request.prompt_scores) {
                count = std::min(count, most_scored_rows - std::min(scored, most_scored_rows));
            }
            if (count == 0) continue;
            call.parts.push_back({job.get(), call.rows.size(), count});
            for (std::size_t i = 0; i < count; ++i, ++job->decoded) {
                const bool last = job->decoded + 1 == prompt.size();
                const bool answers = last && job->request.options.max_tokens > 0;
                const bool scores = !last && job->request.prompt_scores;
                add(*job, prompt[job->decoded], job->decoded, answers || scores);
                scored += scores ? 1 : 0;
            }
            job->stream.position = static_cast<int>(job->decoded) - 1;
            budget -= std::min(budget, count);
        }
        return call;
    }

    void step() {
        const Clock::time_point begin = Clock::now();
        Call call = next_call();
        std::exception_ptr error;
        try {
            decode_steered(*session, hook, call.rows, std::move(call.steering));
            for (const Part& part : call.parts) advance(*part.job, part.first, part.count);
        } catch (...) {
            error = std::current_exception();  // what the cache holds of these rows is unknown
        }
        std::vector<std::unique_ptr<Job>> ended;
        {
            const std::lock_guard lock(mutex);
            ++counts.steps;
            counts.rows += call.rows.size();
            counts.rows_last = call.rows.size();
            counts.step_seconds += std::chrono::duration<double>(Clock::now() - begin).count();
            counts.steering_seconds = hook.seconds();
            if (error) {
                for (const Part& part : call.parts) {
                    part.job->answer.error = error;
                    part.job->stream.running = false;
                }
            }
            for (auto& job : running) {
                if (job->stream.running) continue;
                ++(job->answer.error ? counts.failed : counts.finished);
                release(*job);
                ended.push_back(std::move(job));
            }
            std::erase(running, nullptr);
            if (running.empty()) counts.rows_last = 0;
        }
        for (const auto& job : ended) finish(*job);
    }

    /// Reads the logits of the job's rows of the last call.
    void advance(Job& job, std::size_t first, std::size_t count) {
        const std::vector<Token>& prompt = job.request.prompt;
        const auto position = static_cast<std::size_t>(job.stream.position);
        const bool in_prompt = position < prompt.size();
        if (in_prompt && job.request.prompt_scores) {
            for (std::size_t i = 0; i < count; ++i) {
                const std::size_t at = position + 1 - count + i;
                if (at + 1 == prompt.size()) break;
                job.answer.prompt_scores.push_back(
                    score_of(session->logits(first + i), prompt[at + 1], job.request.top));
            }
        }
        if (job.prefilling()) return;
        Stream& stream = job.stream;
        if (in_prompt) {
            const std::lock_guard lock(mutex);
            counts.prompt_tokens += prompt.size();
            counts.cached_tokens += static_cast<std::uint64_t>(job.answer.cached);
        }
        if (job.request.options.max_tokens <= 0) {
            stream.running = false;
            stream.finish = "length";
            return;
        }
        const std::span<const float> logits = session->logits(first + count - 1);
        const bool room = stream.position + 1 < context();
        std::string piece;
        const Token token = stream.advance(session->model(), logits, room, piece);
        if (job.request.scores) {
            job.pending.push_back(score_of(logits, token, job.request.top));
            job.ends.push_back(stream.text.bytes());
        }
        std::vector<TokenScore> scores = settled_scores(job);
        if (job.sink.piece && (!piece.empty() || !scores.empty())) {
            job.sink.piece(piece, std::move(scores));
        }
        const bool counted = !session->model().is_end(token);
        if (counted) job.answer.tokens.push_back(token);
        const Clock::time_point now = Clock::now();
        const std::lock_guard lock(mutex);
        if (counted) ++counts.answer_tokens;
        if (in_prompt) {
            counts.first_token.add(std::chrono::duration<double>(now - job.came).count());
        } else {
            counts.next_token.add(std::chrono::duration<double>(now - job.last_token).count());
        }
        job.last_token = now;
    }

    /// Scores of the tokens whose text went out; those past a stop text are none of the answer's.
    static std::vector<TokenScore> settled_scores(Job& job) {
        const Stream& stream = job.stream;
        const bool all = !stream.running && !stream.stopped;
        std::size_t count = 0;
        while (count < job.pending.size() && (all || job.ends[count] <= stream.text.settled())) {
            ++count;
        }
        const auto end = static_cast<std::ptrdiff_t>(count);
        std::vector<TokenScore> scores(std::make_move_iterator(job.pending.begin()),
                                       std::make_move_iterator(job.pending.begin() + end));
        job.pending.erase(job.pending.begin(), job.pending.begin() + end);
        job.ends.erase(job.ends.begin(), job.ends.begin() + end);
        return scores;
    }
};

void EngineCounts::Histogram::add(double value) {
    const auto place = std::lower_bound(bounds.begin(), bounds.end(), value);
    ++counts[static_cast<std::size_t>(place - bounds.begin())];
    seconds += value;
}

Engine::Engine(std::unique_ptr<model::Session> session, const EngineOptions& options)
    : state_(std::make_unique<State>()) {
    State& state = *state_;
    state.session = std::move(session);
    state.options = options;
    const model::SessionOptions& limits = state.session->options();
    if (options.prompt_rows == 0 || options.queue == 0) {
        throw Error(ErrorKind::usage, "must be 1 or more",
                    options.queue == 0 ? "queue" : "prompt_rows");
    }
    if (options.parallel == 0 ? limits.sequences >= limits.batch
                              : options.parallel >= static_cast<std::size_t>(limits.batch)) {
        throw Error(ErrorKind::usage,
                    "a batch of " + std::to_string(limits.batch) + " is too small for " +
                        std::to_string(limits.sequences) + " sequences",
                    "batch", "raise --batch or lower --parallel");
    }
    state.session->clear();
    for (int sequence = limits.sequences; sequence-- > 0;) state.free.push_back(sequence);
    state.cells_free = static_cast<std::size_t>(limits.context);
    const auto sequences = static_cast<std::size_t>(limits.sequences);
    state.parallel = options.parallel == 0 ? sequences : std::min(options.parallel, sequences);
    if (!state.session->shares_prefixes()) state.options.reuse = false;
    state.thread = std::thread([&state] { state.run(); });
}

Engine::~Engine() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake.notify_one();
    state_->thread.join();
}

const model::Model& Engine::model() const noexcept {
    return state_->session->model();
}

int Engine::context() const noexcept {
    return state_->context();
}

std::vector<std::uint64_t> Engine::submit(std::vector<EngineRequest> requests,
                                          std::vector<EngineSink> sinks) {
    if (requests.size() != sinks.size()) {
        throw Error(ErrorKind::internal, "each request needs a sink");
    }
    std::vector<std::unique_ptr<Job>> jobs;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        jobs.push_back(std::make_unique<Job>(model(), std::move(requests[i]), std::move(sinks[i])));
        Job& job = *jobs.back();
        state_->check(job);
        const auto answer = static_cast<std::size_t>(std::max(0, job.request.options.max_tokens));
        job.cells =
            std::min(static_cast<std::size_t>(context()), job.request.prompt.size() + answer);
    }
    std::vector<std::uint64_t> numbers;
    {
        const std::lock_guard lock(state_->mutex);
        EngineCounts& counts = state_->counts;
        if (state_->queue.size() + jobs.size() > state_->options.queue) {
            counts.refused += jobs.size();
            throw Error(
                ErrorKind::busy,
                "the queue of " + std::to_string(state_->options.queue) + " requests is full", "",
                "try again in a moment");
        }
        counts.accepted += jobs.size();
        for (auto& job : jobs) {
            job->number = state_->next_number++;
            numbers.push_back(job->number);
            state_->queue.push_back(std::move(job));
        }
    }
    state_->wake.notify_one();
    return numbers;
}

void Engine::cancel(std::uint64_t number) {
    const std::lock_guard lock(state_->mutex);
    for (const auto& job : state_->queue) {
        if (job->number == number) job->cancelled = true;
    }
    for (const auto& job : state_->running) {
        if (job->number == number) job->cancelled = true;
    }
}

EngineCounts Engine::counts() const {
    const std::lock_guard lock(state_->mutex);
    EngineCounts counts = state_->counts;
    counts.waiting = state_->queue.size();
    counts.running = state_->running.size();
    counts.kept = state_->kept.size();
    return counts;
}

}  // namespace axia::answers
