#include "method_run.h"

#include <algorithm>
#include <cctype>
#include <iostream>

#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/report/report.h"
#include "output.h"
#include "provenance.h"

namespace axia::cli {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::string figure(const measure::Figure& f) {
    if (!f.estimate) return "- (" + f.reason + ")";
    return number(f.estimate->value) + " [" + number(f.estimate->ci.lo) + ", " +
           number(f.estimate->ci.hi) + "]";
}

std::string figure(const std::optional<double>& x) {
    return x ? number(*x) : "-";
}

std::string shortened(const std::string& text, std::size_t width) {
    if (text.size() <= width) return text;
    std::size_t end = width;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end) + "...";
}

std::string generation_size(std::size_t answers, const answers::LocalOptions& options) {
    return std::to_string(answers) + " answers of at most " + std::to_string(options.max_tokens) +
           " tokens";
}

MethodRun::MethodRun(App& app, const std::string& method, const std::string& folder,
                     ordered_json facts, const answers::LocalOptions& options)
    : app_(app), method_(method) {
    model::SessionOptions session;
    session.batch = app.globals.batch;
    session.context = std::max(app.globals.context, app.globals.batch);
    session.threads = app.globals.threads;
    session_ = std::make_unique<model::Session>(app.model(), session);
    const model::ModelInfo& info = session_->model().info();
    subject_ = std::make_unique<answers::LocalSubject>(
        *session_, std::vector<answers::LocalArm>{{{"unsteered", "", "none"}, nullptr, {}}},
        options);
    facts["subject"] = ordered_json::parse(subject_->identity());
    facts["seed"] = app.globals.seed;
    folder_ = folder;
    if (folder.empty()) {
        std::string name = method + "-" + info.name;
        std::replace_if(
            name.begin(), name.end(),
            [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '.'; }, '-');
        folder_ = fs::path("runs") / (name + "-" + core::sha256_hex(facts.dump()).substr(0, 8));
    }
    journal_ = std::make_unique<answers::Journal>(folder_);
    journal_->bind(answers::fact_settings, facts.dump());
    journal_->bind(answers::fact_battery, method);
    journal_->bind(answers::fact_model, info.name);
    std::error_code code;
    fs::remove(folder_ / "run.json", code);
    if (journal_->size() > 0) {
        app.say("going on with " + folder_.string() + ": it holds " +
                std::to_string(journal_->size()) + " answers");
    }
}

void MethodRun::finish(const std::string& json, const answers::RunCounts& counts) {
    app_.end_progress();
    core::write_file(folder_ / (method_ + ".json"), json);
    ordered_json run = provenance(app_, "measure-" + method_);
    const model::ModelInfo& info = session_->model().info();
    run["battery"] = method_;
    run["model"] = model_provenance(info);
    run["weights"] = weights_provenance(info);
    run["answers"] = {{"asked", counts.asked},
                      {"remembered", counts.remembered},
                      {"unanswered", counts.unanswered}};
    finish_run(std::move(run), folder_);
    core::write_file(folder_ / "report.html", report::render_report(folder_));
    if (app_.globals.json) std::cout << json;
}

}  // namespace axia::cli
