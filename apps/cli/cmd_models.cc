// axia pull, axia models
#include <cstdio>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/core/error.h"
#include "axia/core/resources.h"
#include "axia/model/catalogue.h"
#include "axia/model/prepare.h"
#include "axia/model/pull.h"
#include "output.h"

namespace axia::cli {

using nlohmann::ordered_json;

namespace {

std::string megabytes(std::uint64_t bytes) {
    return number(static_cast<double>(bytes) / 1e6, 0) + " MB";
}

model::PulledModel pulled(App& app, const std::string& what) {
    model::PullOptions options;
    options.offline = app.globals.offline;
    model::PulledModel model = model::pull_model(what, options, app.watch());
    app.end_progress();
    return model;
}

ordered_json cards_json(const std::vector<model::PreparedCard>& cards) {
    ordered_json list = ordered_json::array();
    for (const model::PreparedCard& card : cards) {
        list.push_back(ordered_json::parse(model::to_json(card)));
    }
    return list;
}

void print_cards(const App& app, const std::vector<model::PreparedCard>& cards) {
    if (app.globals.json) {
        std::cout << cards_json(cards).dump(2) << "\n";
        return;
    }
    Table table(
        {"format", "MB", "prompt tok/s", "x source", "decode tok/s", "x source", "KL", "note"});
    for (const model::PreparedCard& card : cards) {
        table.add({card.format, number(static_cast<double>(card.bytes) / 1e6, 0),
                   number(card.prompt.median, 0), number(card.gain(model::Purpose::prompt), 2),
                   number(card.decode.median, 0), number(card.gain(model::Purpose::decode), 2),
                   number(card.mean_kl, 4), card.note});
    }
    std::cout << table.text();
}

void show_model(App& app, const std::string& what) {
    const model::Catalogue catalogue =
        model::read_catalogue(core::resource_folder() / "models.yaml");
    const model::CatalogueEntry* entry = catalogue.find(what);
    const std::vector<model::PulledModel> stored = model::list_models();
    const bool here = entry == nullptr || std::any_of(stored.begin(), stored.end(),
                                                      [&](auto& m) { return m.name == what; });
    model::PulledModel model;
    if (here) {
        model::PullOptions options;
        options.offline = true;
        model = model::pull_model(what, options, app.watch());
        app.end_progress();
    } else {
        model.name = entry->name;
        model.licence = entry->licence;
        model.sha256 = entry->sha256;
        model.bytes = entry->bytes;
        model.source = model::describe(entry->sources.front());
    }
    const auto cards = model::show_prepared(model.sha256);
    if (app.globals.json) {
        std::cout << ordered_json{{"name", model.name},          {"here", here},
                                  {"file", model.file.string()}, {"sha256", model.sha256},
                                  {"bytes", model.bytes},        {"licence", model.licence},
                                  {"source", model.source},      {"copies", cards_json(cards)}}
                         .dump(2)
                  << "\n";
        return;
    }
    std::cout << bold(model.name) << (entry != nullptr ? "  " + entry->title : "") << "\n"
              << "  licence    " << (model.licence.empty() ? "not known" : model.licence) << "\n"
              << "  size       " << megabytes(model.bytes) << "\n"
              << "  sha256     " << model.sha256 << "\n"
              << "  file       "
              << (here ? model.file.string() : "not here (axia pull " + model.name + ")") << "\n";
    if (!cards.empty()) print_cards(app, cards);
}

}  // namespace

void add_model_commands(Commands& commands) {
    App& app = commands.app;
    {
        auto [command, options] = commands.add(
            commands.root, "pull", "Get a model: downloads with resume and checks its hash.",
            "  axia pull smollm2\n  axia pull hf:user/repo:file.gguf\n  axia pull ./model.gguf",
            false);
        static std::string what;
        command->add_option("model", what, "Catalogue name, hf:user/repo:file, or a path")
            ->required();
        commands.on(command, [&app] {
            const model::PulledModel model = pulled(app, what);
            app.say(model.downloaded ? "downloaded and checked" : "already here");
            if (app.globals.json) {
                std::cout << ordered_json{{"name", model.name},
                                          {"file", model.file.string()},
                                          {"sha256", model.sha256},
                                          {"licence", model.licence},
                                          {"downloaded", model.downloaded}}
                                 .dump(2)
                          << "\n";
            } else {
                std::cout << model.file.string() << "\n";
            }
        });
    }
    CLI::App* models =
        commands.group("models", "List models and prepare fast copies of their weights.",
                       "  axia models list\n  axia models prepare smollm2");
    {
        auto [command, options] = commands.add(*models, "list", "The catalogue, and what is here.",
                                               "  axia models list", false);
        commands.on(command, [&app] {
            const std::vector<model::PulledModel> here = model::list_models();
            const std::vector<model::CatalogueEntry> catalogue =
                model::read_catalogue(core::resource_folder() / "models.yaml").models;
            ordered_json json = ordered_json::array();
            Table table({"name", "size", "here", "licence", "title"});
            const auto find = [&](const std::string& name) {
                return std::find_if(here.begin(), here.end(),
                                    [&](const auto& m) { return m.name == name; });
            };
            for (const model::CatalogueEntry& entry : catalogue) {
                const bool present = find(entry.name) != here.end();
                table.add({entry.name, megabytes(entry.bytes), present ? "yes" : "no",
                           entry.licence, entry.title});
                json.push_back({{"name", entry.name},
                                {"title", entry.title},
                                {"bytes", entry.bytes},
                                {"here", present},
                                {"licence", entry.licence}});
            }
            for (const model::PulledModel& model : here) {
                if (std::any_of(catalogue.begin(), catalogue.end(),
                                [&](const auto& e) { return e.name == model.name; })) {
                    continue;
                }
                table.add({model.name, megabytes(model.bytes), "yes", model.licence, model.source});
                json.push_back({{"name", model.name}, {"bytes", model.bytes}, {"here", true}});
            }
            std::cout << (app.globals.json ? json.dump(2) + "\n" : table.text());
        });
    }
    {
        auto [command, options] = commands.add(
            *models, "prepare",
            "Rewrites the weights into near-lossless formats, measures speed and the "
            "divergence from the source on this machine, and remembers the fastest.",
            "  axia models prepare smollm2\n  axia models prepare smollm2 --again", false);
        static std::string what = "smollm2";
        static bool again = false;
        command->add_option("model", what, "Which model")->capture_default_str();
        options->add_flag("--again", again, "Measure again");
        commands.on(command, [&app] {
            const model::PulledModel model = pulled(app, what);
            model::PrepareOptions prepare;
            prepare.again = again;
            prepare.threads = app.globals.threads;
            for (const auto purpose : {model::Purpose::prompt, model::Purpose::decode}) {
                prepare.purpose = purpose;
                const model::PreparedCard card = model::prepare_model(model, prepare, app.watch());
                prepare.again = false;
                app.say("fastest for " + std::string(model::purpose_name(purpose)) + ": " +
                        card.format);
            }
            print_cards(app, model::show_prepared(model.sha256));
        });
    }
    {
        auto [command, options] = commands.add(*models, "show",
                                               "A model's licence, hash and prepared copies. Never "
                                               "uses the network.",
                                               "  axia models show smollm2", false);
        static std::string what = "smollm2";
        command->add_option("model", what, "Which model")->capture_default_str();
        commands.on(command, [&app] { show_model(app, what); });
    }
    {
        auto [command, options] =
            commands.add(*models, "rm", "Removes a model and its prepared copies.",
                         "  axia models rm smollm2", false);
        static std::string what;
        command->add_option("model", what, "Which model")->required();
        commands.on(command, [&app] {
            std::size_t copies = 0;
            for (const model::PulledModel& model : model::list_models()) {
                if (model.name == what && !model.sha256.empty()) {
                    copies = model::remove_prepared(model.sha256);
                    app.say("removed " + std::to_string(copies) + " prepared copies");
                }
            }
            model::remove_model(what);
            app.say("removed " + what);
            if (app.globals.json) {
                std::cout << ordered_json{{"removed", what}, {"copies", copies}}.dump() << "\n";
            }
        });
    }
}

}  // namespace axia::cli
