#include "measurement.h"

#include <algorithm>
#include <iostream>

#include "axia/answers/judge.h"
#include "axia/core/error.h"
#include "axia/core/resources.h"
#include "axia/data/battery_sets.h"
#include "output.h"

namespace axia::cli {

measure::Circle circle_of(App& app, const data::BatteryCard& card) {
    measure::Circle circle;
    if (card.value_system.empty()) return circle;
    std::vector<const data::Value*> values;
    for (const data::Value& value : app.system().values) values.push_back(&value);
    std::stable_sort(values.begin(), values.end(),
                     [](const auto* a, const auto* b) { return a->angle < b->angle; });
    for (const data::Value* value : values) {
        circle.values.push_back(value->id);
        circle.neighbours[value->id] = value->neighbours;
        circle.opposites[value->id] = value->opposites;
        circle.angle[value->id] = value->angle;
    }
    return circle;
}

measure::MeasureOptions statistics_of(App& app, const MeasureSettings& settings,
                                      const data::Battery& battery) {
    measure::MeasureOptions options;
    options.seed = app.globals.seed;
    options.draws = settings.draws;
    options.score = settings.score;
    if (settings.spread == "mean") {
        options.spread = math::Spread::mean;
    } else if (settings.spread == "pairwise") {
        options.spread = math::Spread::pairwise;
    } else if (settings.spread != "centroid") {
        throw core::Error(core::ErrorKind::usage, "'" + settings.spread + "' is no spread",
                          "--spread", "centroid, mean or pairwise");
    }
    if (settings.map.empty()) return options;
    options.theories = data::read_value_theories(settings.map);
    bool placed = false;
    battery.for_each([&](const data::Item& item) {
        placed |= options.theories.contains(item.value);
        for (const data::ItemOption& option : item.options) {
            for (const data::ValueTag& tag : option.values) {
                placed |= options.theories.contains(tag.value);
            }
        }
    });
    if (!placed) {
        throw core::Error(core::ErrorKind::input, "places none of the battery's values",
                          settings.map, "values are written as in the battery");
    }
    return options;
}

data::Battery fluency_battery(const data::ValueSystem& system) {
    data::BatteryCard card;
    card.name = "neutral-texts";
    card.scoring = data::Scoring::preference;
    std::vector<data::Item> items;
    for (const data::NamedText& text : system.neutral_texts()) {
        data::Item item;
        item.id = item.stem = text.id;
        item.kind = data::ItemKind::choice;
        item.text = text.prompt.empty() ? "Tell me something." : text.prompt;
        item.options = {{text.text, {}, 0}, {"...", {}, 0}};  // the second only makes it an item
        items.push_back(std::move(item));
    }
    return {std::move(card), std::move(items)};
}

std::vector<answers::Wording> wordings_for(const MeasureSettings& settings) {
    const bool letters = settings.wordings == "letters", texts = settings.wordings == "texts";
    const bool shipped = settings.wordings.empty() || letters || texts;
    std::vector<answers::Wording> wordings =
        answers::read_wordings(shipped ? core::resource_folder() / "batteries" / "wordings.yaml"
                                       : std::filesystem::path(settings.wordings));
    if (letters || texts) {
        std::erase_if(wordings, [&](const answers::Wording& wording) {
            const bool choosing =
                wording.kind != data::ItemKind::free && wording.kind != data::ItemKind::likelihood;
            return choosing && (wording.answer == answers::Wording::Answer::letter) != letters;
        });
    }
    return wordings;
}

Measurement::Measurement(App& app, const MeasureSettings& settings, answers::Subject& subject,
                         std::vector<measure::Arm> arms, answers::Journal& journal,
                         measure::MeasureOptions statistics)
    : app_(app),
      subject_(subject),
      arms_(std::move(arms)),
      journal_(journal),
      measure_(std::move(statistics)) {
    options_.wordings = wordings_for(settings);
    options_.prompts = settings.prompts;
    options_.limit = settings.limit;
    options_.repeats = settings.repeats;
    options_.seed = app.globals.seed;
    for (const answers::Wording& wording : options_.wordings) {
        if (wording.answer == answers::Wording::Answer::letter) {
            measure_.letter_wordings.push_back(wording.id);
        }
    }
}

answers::RunCounts Measurement::ask(const data::Battery& battery) {
    return answers::ask_battery(battery, subject_, journal_, options_, app_.watch());
}

namespace {

std::map<std::string, measure::Figure> figures_of(const answers::JudgeReliability& judge) {
    std::map<std::string, measure::Figure> figures;
    const auto put = [&](const std::string& name, const std::optional<math::Estimate>& estimate,
                         const std::string& reason) {
        measure::Figure& figure = figures[name];
        figure.estimate = estimate;
        figure.n = judge.rated;
        if (!estimate) figure.reason = reason.empty() ? "nothing was rated" : reason;
    };
    put("directions of its scale, correlation", judge.directions, judge.directions_reason);
    put("its two wordings, correlation", judge.wordings, judge.wordings_reason);
    put("liking for large numbers", judge.number_bias, {});
    put("probability of a number", judge.mass, {});
    return figures;
}

}  // namespace

measure::Measures Measurement::measures(const data::Battery& battery,
                                        const std::function<void(const answers::Record&)>& line) {
    measure::Measurer measurer(battery.card(), arms_, circle_of(app_, battery.card()), measure_);
    const auto take = [&](const data::Item& item, std::span<const answers::Record> records) {
        measurer.add(item, records);
        for (const answers::Record& record : records) line(record);
    };
    if (battery.card().scoring != data::Scoring::judged) {
        answers::for_each_answered(battery, subject_, journal_, options_, take);
        return measurer.finish();
    }
    answers::Judge judge(subject_, journal_, options_.page);
    answers::JudgedStream judged(judge, take, options_.page);
    const std::uint64_t total = answers::count_requests(battery, subject_, options_);
    std::uint64_t done = 0;
    answers::for_each_answered(
        battery, subject_, journal_, options_,
        [&](const data::Item& item, std::span<const answers::Record> records) {
            judged.add(item, records, app_.watch());
            done += records.size();
            app_.watch().step("judging " + battery.card().name, done, total, "answers");
            app_.watch().check();
        });
    judged.finish(app_.watch());
    measure::Measures measures = measurer.finish();
    measures.judge = figures_of(judge.reliability());
    return measures;
}

std::vector<measure::Figure> Measurement::fluency(const data::Battery& battery) {
    std::vector<std::vector<double>> rises(arms_.size());
    answers::for_each_answered(
        battery, subject_, journal_, options_,
        [&](const data::Item&, std::span<const answers::Record> records) {
            // both orders of the options are one question here: the arms of the first
            const std::span<const answers::Record> first = records.first(arms_.size());
            for (const answers::Record& record : first) {
                if (!record.reason.empty()) return;
            }
            for (std::size_t arm = 0; arm < first.size(); ++arm) {
                rises[arm].push_back((first[0].options[0].sum - first[arm].options[0].sum) /
                                     first[arm].options[0].tokens);
            }
        });
    std::vector<measure::Figure> figures;
    for (const std::vector<double>& rise : rises) {
        measure::Figure figure;
        figure.n = rise.size();
        if (rise.size() < 2) {
            figure.reason = "fewer than two neutral texts fit";
        } else {
            figure.estimate = math::bootstrap_mean(rise, measure_.seed, measure_.draws);
        }
        figures.push_back(std::move(figure));
    }
    return figures;
}

void join_controls(measure::Measures& measures, const measure::Measures& controls,
                   const std::vector<measure::Figure>& fluency) {
    for (const measure::DoseCurve& curve : controls.doses) {
        // what is answered outside the options is the battery's own figure
        if (curve.value != "invalid") measures.doses.push_back(curve);
    }
    std::vector<measure::DoseCurve> curves;
    for (std::size_t arm = 0; arm < measures.arms.size(); ++arm) {
        const measure::Arm& described = measures.arms[arm].arm;
        if (arm > 0) {
            measures.differences.push_back({described.name, "fluency", fluency[arm], {}, {}});
        }
        if (described.value.empty() || described.prompt || described.target == 0) continue;
        const auto same = [&](const measure::DoseCurve& c) { return c.steered == described.value; };
        auto curve = std::find_if(curves.begin(), curves.end(), same);
        if (curve == curves.end()) {
            curve = curves.insert(curves.end(), {described.value, "fluency", "fluency", {}});
        }
        curve->points.push_back({described.target, described.name, fluency[arm]});
    }
    for (measure::DoseCurve& curve : curves) {
        std::stable_sort(curve.points.begin(), curve.points.end(),
                         [](const auto& a, const auto& b) { return a.target < b.target; });
        measures.doses.push_back(std::move(curve));
    }
}

namespace {

std::string figure(const measure::Figure& f) {
    if (!f.estimate) return "-";
    return number(f.estimate->value) + " [" + number(f.estimate->ci.lo) + ", " +
           number(f.estimate->ci.hi) + "]";
}

}  // namespace

void print_summary(const measure::Measures& measures, const std::filesystem::path& folder) {
    std::cout << bold(measures.card.title.empty() ? measures.card.name : measures.card.title)
              << "  " << measures.items << " items, " << measures.answers << " answers, scores in "
              << measures.unit << "\n\n";
    if (!measures.arms[0].values.empty()) {
        std::vector<std::string> header{"value"};
        for (const measure::ArmMeasures& arm : measures.arms) header.push_back(arm.arm.name);
        Table table(header);
        for (std::size_t v = 0; v < measures.arms[0].values.size(); ++v) {
            std::vector<std::string> row{measures.arms[0].values[v].value};
            for (std::size_t arm = 0; arm < measures.arms.size(); ++arm) {
                const measure::Figure& score = measures.arms[arm].values[v].score;
                row.push_back(arm == 0         ? figure(score)
                              : score.estimate ? number(score.estimate->value)
                                               : "-");
            }
            table.add(std::move(row));
        }
        std::cout << table.text() << "\n";
    }
    const auto columns = [&](std::vector<std::string> header) {
        for (const measure::ArmMeasures& arm : measures.arms) header.push_back(arm.arm.name);
        return header;
    };
    if (!measures.arms[0].risks.empty()) {
        Table table(columns({"relative risk of risky choices, with"}));
        for (const measure::Risk& risk : measures.arms[0].risks) {
            std::vector<std::string> row{risk.value};
            for (const measure::ArmMeasures& arm : measures.arms) {
                const auto of = std::find_if(arm.risks.begin(), arm.risks.end(),
                                             [&](const auto& r) { return r.value == risk.value; });
                row.push_back(of->ratio.estimate ? figure(of->ratio)
                                                 : "- (" + of->ratio.reason + ")");
            }
            table.add(std::move(row));
        }
        std::cout << table.text() << "\n";
    }
    if (!measures.arms[0].dimensions.empty()) {
        Table table(columns({"theory", "dimension"}));
        for (std::size_t d = 0; d < measures.arms[0].dimensions.size(); ++d) {
            const measure::Dimension& one = measures.arms[0].dimensions[d];
            std::vector<std::string> row{one.theory, one.dimension};
            for (const measure::ArmMeasures& arm : measures.arms) {
                row.push_back(figure(arm.dimensions[d].score));
            }
            table.add(std::move(row));
        }
        std::cout << table.text() << "\n";
    }
    if (!measures.arms[0].likelier.empty()) {
        Table table(columns({"first text likelier, log-probability by"}));
        for (std::size_t by = 0; by < measures.arms[0].likelier.size(); ++by) {
            std::vector<std::string> row{measures.arms[0].likelier[by].by};
            for (const measure::ArmMeasures& arm : measures.arms) {
                row.push_back(figure(arm.likelier[by].share));
            }
            table.add(std::move(row));
        }
        std::cout << table.text() << "\n";
    }
    if (measures.arms[0].branches.size() > 1) {
        Table table(columns({"branch", "counted", "by chance"}));
        for (std::size_t b = 0; b < measures.arms[0].branches.size(); ++b) {
            const measure::BranchScore& branch = measures.arms[0].branches[b];
            std::vector<std::string> row{branch.branch,
                                         branch.groups ? "groups right" : "right answers",
                                         branch.chance ? number(*branch.chance) : "-"};
            for (const measure::ArmMeasures& arm : measures.arms) {
                row.push_back(figure(arm.branches[b].score));
            }
            table.add(std::move(row));
        }
        std::cout << table.text() << "\n";
    }
    if (measures.arms[0].accuracy.estimate) {
        if (measures.arms[0].branches.size() > 1) std::cout << "all branches together\n";
        const bool groups = measures.card.scoring == data::Scoring::exact_match;
        Table table(
            groups ? std::vector<std::string>{"arm", "groups right", "right answers", "P(right)"}
                   : std::vector<std::string>{"arm", "right answers", "P(right)"});
        for (const measure::ArmMeasures& arm : measures.arms) {
            std::vector<std::string> row{arm.arm.name};
            if (groups) row.push_back(figure(arm.exact_match));
            row.insert(row.end(), {figure(arm.accuracy), figure(arm.right)});
            table.add(std::move(row));
        }
        if (measures.chance && measures.arms[0].branches.size() < 2) {
            std::cout << "by chance " << number(*measures.chance) << "\n";
        }
        std::cout << table.text() << "\n";
    }
    const measure::Robustness& way = measures.arms[0].robustness;
    Table table({"how much is the way of asking", measures.arms[0].arm.name});
    const auto line = [&](const std::string& name, const measure::Figure& f) {
        if (f.estimate) table.add({name, figure(f)});
    };
    line("items whose answer changes with the order", way.order_flip);
    line("pull of what stands first", way.first_bias);
    line("items some wording turns", way.unstable);
    line("items letters and text answer differently", way.format_gap);
    line("distance between paraphrases", way.paraphrase);
    line("distance between questions of one topic", way.topic);
    line("distance between languages", way.language);
    line("lean to yes or agreement", way.acquiescence);
    line("keyed against reversed items, correlation", way.keying);
    line("probability outside the options", way.invalid);
    line("odd against even wordings, correlation", way.retest);
    std::cout << table.text();
    if (!measures.judge.empty()) {
        Table judge({"the judge's own reliability", ""});
        for (const auto& [name, f] : measures.judge) {
            judge.add({name, f.estimate ? figure(f) : "- (" + f.reason + ")"});
        }
        std::cout << "\n" << judge.text();
    }
    if (const auto drawn = measures.how.find("samples"); drawn != measures.how.end()) {
        std::cout << drawn->second << " of " << measures.answers
                  << " answers are shares of drawn ones: the endpoint gives no log-probabilities "
                     "for them\n";
    }
    if (way.unanswered > 0) std::cout << way.unanswered << " of " << way.asked << " unanswered\n";
    std::cout << "\n" << (folder / "report.html").string() << "\n";
}

}  // namespace axia::cli
