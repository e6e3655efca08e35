// axia batteries list, show, check
#include <iostream>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/core/error.h"
#include "axia/data/battery.h"
#include "axia/data/battery_sets.h"
#include "output.h"

namespace axia::cli {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t shown_items = 3;

struct Which {
    std::string battery;
    std::string format = "auto";
};

void add_which(CLI::App& command, Options& options, Which& which) {
    command
        .add_option("battery", which.battery,
                    "Name of a shipped one, a battery's folder, or the file of a public data set")
        ->required();
    std::string formats = "Format of a public data set: auto";
    for (const std::string_view format : data::set_formats()) {
        if (format != "outcomes") formats += ", " + std::string(format);
    }
    options.add("--format", which.format, formats);
}

void say_warnings(const App& app, const data::BatteryCard& card) {
    for (const std::string& warning : card.warnings) app.say("warning: " + warning);
}

std::string counts(const std::map<std::string, std::size_t>& of) {
    std::string text;
    for (const auto& [name, count] : of) {
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + name;
    }
    return text;
}

void list_batteries(const App& app) {
    ordered_json json{{"schema", "axia.batteries"}, {"version", 1}};
    json["batteries"] = ordered_json::array();
    Table table({"name", "items", "stems", "values", "scoring", "title"});
    for (const std::string& name : data::shipped_batteries()) {
        const data::Battery battery = data::open_battery(name);
        const data::BatteryCard& card = battery.card();
        const data::BatteryCheck check = data::check_battery(battery);
        const std::string scoring(data::scoring_name(card.scoring));
        table.add({name, std::to_string(check.items), std::to_string(check.stems),
                   std::to_string(check.values.size()), scoring, card.title});
        json["batteries"].push_back({{"name", name},
                                     {"title", card.title},
                                     {"scoring", scoring},
                                     {"items", check.items},
                                     {"stems", check.stems},
                                     {"values", check.values.size()}});
    }
    std::cout << (app.globals.json ? json.dump(2) + "\n" : table.text());
}

ordered_json scale_json(const data::BatteryCard& card) {
    ordered_json scale = ordered_json::array();
    for (const data::ItemOption& option : card.scale) {
        scale.push_back({{"text", option.text}, {"score", option.score}});
    }
    return scale;
}

void print_item(const data::Item& item) {
    std::cout << "\n" << dim(item.id) << "\n" << wrapped(item.text, 76, "  ");
    if (!item.question.empty()) std::cout << wrapped(item.question, 76, "  ");
    if (!item.value.empty()) {
        std::cout << "  measures " << item.value << (item.key < 0 ? ", reversed" : "") << "\n";
    }
    for (std::size_t i = 0; i < item.options.size(); ++i) {
        const data::ItemOption& option = item.options[i];
        std::string tags;
        for (const data::ValueTag& tag : option.values) {
            tags += (tags.empty() ? "" : ", ") + tag.value + " " + number(tag.weight, 0);
        }
        std::cout << "  - " << option.text << (tags.empty() ? "" : dim("  " + tags))
                  << (item.correct == i ? dim("  right") : "") << "\n";
    }
}

void show_battery(const App& app, const Which& which) {
    const data::Battery battery = data::open_battery(which.battery, which.format);
    const data::BatteryCard& card = battery.card();
    const data::BatteryCheck check = data::check_battery(battery);
    say_warnings(app, card);
    const std::string scoring(data::scoring_name(card.scoring));
    if (app.globals.json) {
        std::cout << ordered_json{{"schema", "axia.battery-card"},
                                  {"version", 1},
                                  {"name", card.name},
                                  {"title", card.title},
                                  {"description", card.description},
                                  {"licence", card.licence},
                                  {"source", card.source},
                                  {"scoring", scoring},
                                  {"value_system", card.value_system},
                                  {"scale", scale_json(card)},
                                  {"items", check.items},
                                  {"stems", check.stems},
                                  {"kinds", check.kinds},
                                  {"values", check.values},
                                  {"warnings", card.warnings},
                                  {"sha256", battery.hash()}}
                         .dump(2)
                  << "\n";
        return;
    }
    std::cout << bold(card.name) << "  " << card.title << "\n"
              << wrapped(card.description, 76, "  ") << "  licence    " << card.licence << "\n"
              << "  source     " << card.source << "\n"
              << "  scoring    " << scoring << "\n"
              << "  items      " << check.items << " (" << counts(check.kinds) << "), "
              << check.stems << " stems\n"
              << "  values     " << check.values.size() << "\n"
              << "  sha256     " << battery.hash() << "\n";
    for (const data::ItemOption& option : card.scale) {
        std::cout << "  scale      " << number(option.score, 0) << "  " << option.text << "\n";
    }
    Table table({"value", "items"});
    for (const auto& [value, items] : check.values) table.add({value, std::to_string(items)});
    if (!check.values.empty()) std::cout << "\n" << table.text();
    std::size_t shown = 0;
    battery.for_each([&](const data::Item& item) {
        if (shown++ < shown_items) print_item(item);
    });
}

void check_one(const App& app, const Which& which) {
    const data::Battery battery = data::open_battery(which.battery, which.format);
    const data::BatteryCheck check = data::check_battery(battery);
    say_warnings(app, battery.card());
    if (app.globals.json) {
        std::cout << data::to_json(check);
    } else {
        std::cout << battery.card().name << ": " << check.items << " items (" << counts(check.kinds)
                  << "), " << check.stems << " stems, " << check.values.size() << " values\n";
        for (const std::string& problem : check.problems) std::cout << problem << "\n";
    }
    std::cout.flush();
    if (!check.problems.empty()) {
        throw core::Error(core::ErrorKind::input,
                          std::to_string(check.problems.size()) +
                              (check.problems.size() == 1 ? " problem" : " problems") +
                              " in the battery");
    }
}

}  // namespace

void add_battery_commands(Commands& commands) {
    App& app = commands.app;
    CLI::App* batteries =
        commands.group("batteries", "Banks of questions about values.",
                       "  axia batteries list\n  axia batteries check my-battery");
    {
        auto [command, options] = commands.add(*batteries, "list", "The batteries that ship.",
                                               "  axia batteries list", false);
        commands.on(command, [&app] { list_batteries(app); });
    }
    {
        auto [command, options] =
            commands.add(*batteries, "show", "Card, counts and the first items of one battery.",
                         "  axia batteries show schwartz-portrait\n"
                         "  axia batteries show value_orientation.csv --format valuebench",
                         false);
        static Which which;
        add_which(*command, *options, which);
        commands.on(command, [&app] { show_battery(app, which); });
    }
    {
        auto [command, options] = commands.add(
            *batteries, "check",
            "Every line of a battery, and what would bend its scores: near-duplicates, lopsided "
            "keys, values with too few items, options of uneven length.",
            "  axia batteries check schwartz-portrait\n  axia batteries check my-battery", false);
        static Which which;
        add_which(*command, *options, which);
        commands.on(command, [&app] { check_one(app, which); });
    }
}

}  // namespace axia::cli
