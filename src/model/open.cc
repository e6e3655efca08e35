#include "axia/model/open.h"

#include <algorithm>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;

std::shared_ptr<const Model> open_model(std::string_view what, const OpenOptions& options,
                                        const core::Watch& watch) {
    const std::vector<std::string> formats = prepared_formats();
    const bool named = std::find(formats.begin(), formats.end(), options.weights) != formats.end();
    if (!named && options.weights != "auto" && options.weights != "file") {
        std::vector<std::string> words{"auto", "file"};
        words.insert(words.end(), formats.begin(), formats.end());
        std::string hint = "write";
        for (const std::string& word : words) hint += (&word == &words[0] ? " " : ", ") + word;
        throw Error(ErrorKind::usage, "no weights are called '" + options.weights + "'", "weights",
                    hint);
    }
    PullOptions pull = options.pull;
    if (!options.allow_download) pull.offline = true;
    pull.lock_seconds = std::max(pull.lock_seconds, options.prepare.lock_seconds);
    const PulledModel model = pull_model(what, pull, watch);

    PrepareOptions prepare = options.prepare;
    prepare.purpose = options.purpose;
    ModelOptions load;
    load.source_hash = model.sha256;
    load.name = model.name;
    std::filesystem::path file = model.file;
    if (named) {
        file = prepare_format(model, options.weights, prepare, watch).file;
        load.checked = true;
    } else if (options.weights == "auto") {
        try {
            file = prepare_model(model, prepare, watch).file;
            load.checked = file != model.file;
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::io && error.kind() != ErrorKind::busy) throw;
            watch.warn(std::string("no prepared copy, the file itself is used: ") + error.what());
        }
    }
    return Model::load(file, load);
}

}  // namespace axia::model
