// Every request and answer of a run, in SQLite, under a content key: what lets a killed run go on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/answers/record.h"

namespace axia::answers {

/// One asked question: its content key (SHA-256 in hex over subject, template, plan, item, wording,
/// order, seed), the request as JSON, and the answer.
struct JournalEntry {
    std::string key;
    std::string request;
    Record record;
};

/// A file DIR/journal.sqlite in write-ahead mode, and DIR/lock, held while it is open for writing.
/// What `add` has returned from survives the end of the process at any moment. Others may read
/// while one writes. One thread at a time.
class Journal {
  public:
    static constexpr int schema_version = 1;

    enum class Mode { write, read };

    /// Makes the folder and file when missing (write). Throws Error{busy} naming the process that
    /// holds the run, Error{unsupported} for a newer schema, Error{input} for a corrupt or foreign
    /// file, Error{io} when it cannot be written, Error{not_found} when there is none, or one
    /// without its tables (read).
    explicit Journal(const std::filesystem::path& folder, Mode mode = Mode::write);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// The recorded answer to a key, or nothing.
    std::optional<Record> find(std::string_view key) const;

    /// All or none: one transaction. A key that is there already stays as it is. Numbers are kept
    /// to 9 digits: for the same bytes after a resumption use what `find` and `for_each` give.
    /// Throws Error{io} (no space left) and leaves the journal as it was.
    void add(std::span<const JournalEntry> entries);

    /// Named facts of the run (the command's settings, the subject), written once; a different text
    /// under the same name throws Error{mismatch} naming it.
    void bind(std::string_view name, std::string_view text);
    std::optional<std::string> bound(std::string_view name) const;

    std::uint64_t size() const;
    /// Item by item, then by arm, wording and order: equal contents come in equal order.
    void for_each(const std::function<void(const JournalEntry& entry)>& visit) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace axia::answers
