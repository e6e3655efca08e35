#include "server/store_index.h"

#include <algorithm>

namespace axia::server {

namespace fs = std::filesystem;

namespace {

// two changes within a tick of the clock leave one time
constexpr auto tick = std::chrono::milliseconds(50);

}  // namespace

StoreIndex::StoreIndex(fs::path plans, fs::path vectors, std::chrono::milliseconds most_age,
                       std::function<Time()> clock)
    : plans_(std::move(plans)),
      vectors_(std::move(vectors)),
      most_age_(most_age),
      clock_(std::move(clock)) {}

StoreIndex::Times StoreIndex::folder_times() const {
    Times times;
    for (const fs::path& folder : {plans_, vectors_}) {
        std::error_code code;
        const fs::file_time_type time = fs::last_write_time(folder, code);
        if (!code) times[folder] = time;
    }
    return times;
}

std::shared_ptr<const StoreIndex::Look> StoreIndex::look() {
    const std::lock_guard lock(mutex_);
    const Time now = clock_();
    Times folders = folder_times();
    const bool settled = std::all_of(folders.begin(), folders.end(), [&](const auto& folder) {
        return folder.second + tick < listed_;
    });
    if (last_ && folders == folders_ && settled && now >= listed_ && now - listed_ < most_age_) {
        return last_;
    }
    Times files;
    auto fresh = std::make_shared<Look>();
    for (const fs::path& folder : {plans_, vectors_}) {
        std::error_code code;
        for (const auto& entry : fs::directory_iterator(folder, code)) {
            const fs::path& file = entry.path();
            std::error_code gone;
            files[file] = entry.last_write_time(gone);
            if (folder == plans_ && file.extension() == ".json") {
                fresh->plans.push_back(file.stem().string());
            }
            const fs::path stem = file.stem();  // value.context
            if (folder == vectors_ && file.extension() == ".gguf" && stem.extension() == ".chat") {
                fresh->values.push_back(stem.stem().string());
            }
        }
    }
    ++listings_;
    std::sort(fresh->plans.begin(), fresh->plans.end());
    std::sort(fresh->values.begin(), fresh->values.end());
    fresh->version = last_ ? last_->version : 1;
    if (last_ && (files != files_ || folders != folders_)) ++fresh->version;
    folders_ = std::move(folders);
    files_ = std::move(files);
    listed_ = now;
    last_ = std::move(fresh);
    return last_;
}

std::uint64_t StoreIndex::listings() const {
    const std::lock_guard lock(mutex_);
    return listings_;
}

}  // namespace axia::server
