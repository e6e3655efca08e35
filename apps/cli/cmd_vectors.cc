// axia vectors show|compare|export|import
#include <cmath>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/export.h"
#include "output.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;

namespace {

void show(const App& app, const vectors::ValueVector& vector) {
    if (app.globals.json) {
        std::cout << vectors::to_json(vector);
        return;
    }
    const vectors::VectorCard& card = vector.card;
    std::cout << bold(card.value) << " in " << card.model_name << " (" << card.architecture << ", "
              << card.layers << " layers, width " << card.width << "; "
              << card.model_hash.substr(0, 12) << ")\n"
              << "  context " << capture::context_name(card.context) << ", " << card.hook_site
              << ", " << card.token_position << ", template " << card.template_id << "\n"
              << "  learnt from " << card.learn_pairs << " pairs of " << card.data_name << " ("
              << card.data_hash.substr(0, 12) << "), " << card.heldout_pairs
              << " held out; bag of words " << number(card.bag_of_words, 2) << "\n"
              << "  by " << card.tool_version << ", " << card.operation << ", C "
              << number(card.C, 2) << ", seed " << card.seed << "; file "
              << vector.file_hash.substr(0, 12) << "\n";
    if (vector.gate) {
        std::cout << "  gate on layer " << vector.gate->layer << ", opens above "
                  << number(vector.gate->threshold(.05), 2) << " (5% of "
                  << vector.gate->calibration.size() << " neutral prompts)\n";
    }
    Table table({"layer", "paired, held out", "95% interval", "texts", "cross-validated",
                 "shuffled", "gap", "|h|"});
    for (const vectors::LayerVector& layer : vector.layers) {
        const bool chosen = std::find(vector.chosen.begin(), vector.chosen.end(), layer.layer) !=
                            vector.chosen.end();
        table.add(
            {std::to_string(layer.layer) + (chosen ? " *" : ""), number(layer.paired_accuracy, 2),
             std::isfinite(layer.paired_accuracy)
                 ? "[" + number(layer.paired_ci.lo, 2) + ", " + number(layer.paired_ci.hi, 2) + "]"
                 : "-",
             number(layer.heldout_accuracy, 2), number(layer.cross_accuracy, 2),
             number(layer.shuffled_accuracy, 2), number(layer.mean_gap, 1),
             number(layer.state_norm, 0)});
    }
    std::cout << table.text();
}

vectors::ValueVector vector_named(App& app, const std::string& what) {
    std::error_code code;
    if (std::filesystem::exists(what, code)) return vectors::read_value_vector(what);
    const auto model = app.model();
    for (const capture::Context context : {capture::Context::chat, capture::Context::bare}) {
        const auto file = app.vector_file(model->info(), what, context);
        if (std::filesystem::exists(file, code)) return vectors::read_value_vector(file);
    }
    throw Error(ErrorKind::not_found, "no file and no learnt vector of that name", what,
                app.learn_hint(what));
}

}  // namespace

void add_vector_commands(Commands& commands) {
    App& app = commands.app;
    CLI::App* root = commands.group(
        "vectors", "Look at and convert value vectors.",
        "  axia vectors show security\n  axia vectors export security -o security.npz");
    {
        auto [command, options] =
            commands.add(*root, "show", "The card and accuracies of a vector.",
                         "  axia vectors show security", true);
        static std::string what;
        command->add_option("vector", what, "File, or a learnt value")->required();
        commands.on(command, [&app] { show(app, vector_named(app, what)); });
    }
    {
        auto [command, options] =
            commands.add(*root, "compare", "Cosines of two vectors, layer by layer.",
                         "  axia vectors compare security tradition", true);
        static std::string left, right;
        command->add_option("a", left, "File, or a learnt value")->required();
        command->add_option("b", right, "File, or a learnt value")->required();
        commands.on(command, [&app] {
            const auto rows = vectors::compare(vector_named(app, left), vector_named(app, right));
            nlohmann::ordered_json json = nlohmann::ordered_json::array();
            Table table({"layer", "probe", "whitened", "mean"});
            for (const vectors::LayerSimilarity& row : rows) {
                table.add({std::to_string(row.layer), number(row.probe), number(row.whitened),
                           number(row.mean)});
                json.push_back({{"layer", row.layer},
                                {"probe", row.probe},
                                {"whitened", row.whitened},
                                {"mean", row.mean}});
            }
            std::cout << (app.globals.json ? json.dump(2) + "\n" : table.text());
        });
    }
    {
        auto [command, options] =
            commands.add(*root, "export", "Writes probes and directions as .npz or .safetensors.",
                         "  axia vectors export security -o security.npz", true);
        static std::string what, out;
        command->add_option("vector", what, "File, or a learnt value")->required();
        command->add_option("-o,--output", out, "File ending in .npz or .safetensors")->required();
        commands.on(command, [&app] {
            if (!out.ends_with(".npz") && !out.ends_with(".safetensors")) {
                throw Error(ErrorKind::usage, "the name must end in .npz or .safetensors", out);
            }
            core::check_writable(out);
            const vectors::ValueVector vector = vector_named(app, what);
            std::vector<data::NamedArray> arrays;
            for (const vectors::LayerVector& layer : vector.layers) {
                const std::string at = std::to_string(layer.layer);
                arrays.push_back({"probe." + at, {layer.probe.size()}, layer.probe});
                arrays.push_back({"intercept." + at, {1}, {static_cast<float>(layer.intercept)}});
                arrays.push_back({"whitened." + at, {layer.whitened.size()}, layer.whitened});
                arrays.push_back({"mean." + at, {layer.mean.size()}, layer.mean});
                arrays.push_back({"mean_gap." + at, {1}, {static_cast<float>(layer.mean_gap)}});
            }
            if (out.ends_with(".npz")) {
                data::write_npz(out, arrays);
            } else {
                data::write_safetensors(out, arrays,
                                        {{"value", vector.card.value},
                                         {"model_sha256", vector.card.model_hash},
                                         {"vector_sha256", vector.file_hash}});
            }
            app.say("wrote " + out);
            if (app.globals.json) {
                std::cout << nlohmann::ordered_json{{"file", out}, {"arrays", arrays.size()}}.dump()
                          << "\n";
            }
        });
    }
    {
        auto [command, options] =
            commands.add(*root, "import",
                         "Reads a plain control vector (repeng, llama.cpp) as a constant mean "
                         "direction, so that "
                         "plans of amount constant can use it.",
                         "  axia vectors import happy.gguf --value happiness -m smollm2", true);
        static std::string file, value, out;
        command->add_option("file", file, "Control vector")->required();
        command->add_option("--value", value, "Name to give it")->required();
        command->add_option("-o,--output", out, "Where to write it (default: the store)");
        commands.on(command, [&app] {
            check_name(value);
            const vectors::ControlVector control = vectors::read_control_vector(file);
            if (!out.empty()) core::check_writable(out);
            const auto model = app.model();
            vectors::ValueVector vector =
                vectors::from_control_vector(control, model->info(), value, file);
            const std::filesystem::path path =
                out.empty() ? app.vector_file(model->info(), value, capture::Context::chat)
                            : std::filesystem::path(out);
            vectors::write_value_vector(vector, path);
            app.say("wrote " + path.string());
            if (app.globals.json) std::cout << vectors::to_json(vector);
        });
    }
}

}  // namespace axia::cli
