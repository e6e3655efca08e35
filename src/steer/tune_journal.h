// Finished scores of a tuning run, so that a killed one continues.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "axia/steer/score.h"

namespace axia::steer {

/// One JSON line per finished scoring call. A torn last line is passed over; a call is trusted only
/// when its whole line is there.
class TuneJournal {
  public:
    explicit TuneJournal(std::filesystem::path path);

    std::optional<Scores> find(const std::string& key) const;
    void append(const std::string& key, const Scores& scores);

  private:
    std::filesystem::path path_;
    std::map<std::string, std::string> lines_;
};

}  // namespace axia::steer
