// Batteries made in memory and subjects that answer them by a rule.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "axia/core/random.h"
#include "axia/measure/measure.h"

namespace axia::measure::planted {

inline const std::vector<std::string> ten_values{
    "self-direction", "stimulation", "hedonism",  "achievement", "power",
    "security",       "conformity",  "tradition", "benevolence", "universalism"};

inline std::vector<std::string> wordings(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back("w" + std::to_string(i));
    return ids;
}

/// Ten values, 36 degrees apart; two neighbours and the three across.
inline Circle circle() {
    Circle circle;
    circle.values = ten_values;
    for (int i = 0; i < 10; ++i) {
        const auto at = [&](int k) { return ten_values[static_cast<std::size_t>((i + k) % 10)]; };
        circle.angle[at(0)] = 36. * i;
        circle.neighbours[at(0)] = {at(1), at(9)};
        circle.opposites[at(0)] = {at(5), at(4), at(6)};
    }
    return circle;
}

inline data::Item pair_item(std::string id, const std::string& first, const std::string& second) {
    data::Item item;
    item.id = std::move(id);
    item.kind = data::ItemKind::pair;
    item.text = "A situation";
    item.options = {{"for " + first, {{first, 1}}, 0}, {"for " + second, {{second, 1}}, 0}};
    return item;
}

/// Every pair of values in turn, either one listed first in turn.
inline std::vector<data::Item> dilemmas(std::size_t count) {
    std::vector<data::Item> items;
    for (std::size_t round = 0; items.size() < count; ++round) {
        for (std::size_t a = 0; a < 10; ++a) {
            for (std::size_t b = a + 1; b < 10 && items.size() < count; ++b) {
                const bool swap = (round + a + b) % 2 == 1;
                items.push_back(pair_item("d" + std::to_string(items.size()),
                                          ten_values[swap ? b : a], ten_values[swap ? a : b]));
            }
        }
    }
    return items;
}

/// A statement on six points.
inline data::Item rating_item(std::string id, std::string value, double key) {
    data::Item item;
    item.id = std::move(id);
    item.kind = data::ItemKind::rating;
    item.text = "A statement";
    item.value = std::move(value);
    item.key = key;
    for (int point = 1; point <= 6; ++point) {
        item.options.push_back({"point " + std::to_string(point), {}, static_cast<double>(point)});
    }
    return item;
}

inline data::Item question(std::string id, bool yes) {
    data::Item item;
    item.id = std::move(id);
    item.kind = data::ItemKind::pair;
    item.text = "A question";
    item.options = {{"Yes", {}, 0}, {"No", {}, 0}};
    item.correct = yes ? 0 : 1;
    return item;
}

struct Ask {
    const data::Item* item = nullptr;
    const Arm* arm = nullptr;
    int wording = 0;
    int order = 0;
    int repeat = 0;
};
/// Probabilities in the item's own order of options; a reason alone when it does not answer.
struct Reply {
    std::vector<double> p;
    double invalid = 0;
    std::string reason;
};
using Subject = std::function<Reply(const Ask& ask)>;

inline int orders_of(const data::Item& item) {
    return item.kind == data::ItemKind::rating ? 2 : static_cast<int>(item.options.size());
}

inline std::vector<double> one_hot(std::size_t options, std::size_t chosen) {
    std::vector<double> p(options, 0);
    p[chosen] = 1;
    return p;
}

inline std::vector<answers::Record> records_of(const data::Item& item, const std::vector<Arm>& arms,
                                               int wordings, const Subject& subject) {
    std::vector<answers::Record> records;
    for (const Arm& arm : arms) {
        for (int wording = 0; wording < wordings; ++wording) {
            for (int order = 0; order < orders_of(item); ++order) {
                Reply reply = subject({&item, &arm, wording, order, 0});
                answers::Record record;
                record.item = item.id;
                record.arm = arm.name;
                record.wording = "w" + std::to_string(wording);
                record.order = order;
                record.p = std::move(reply.p);
                record.invalid = reply.invalid;
                record.reason = std::move(reply.reason);
                records.push_back(std::move(record));
            }
        }
    }
    return records;
}

inline data::BatteryCard card(data::Scoring scoring) {
    data::BatteryCard card;
    card.name = "planted";
    card.title = "Planted";
    card.licence = "Apache-2.0";
    card.scoring = scoring;
    if (scoring == data::Scoring::preference) {
        card.value_system = "schwartz";
        card.values = ten_values;
    }
    return card;
}

struct Setting {
    data::Scoring scoring = data::Scoring::preference;
    std::vector<Arm> arms = {{.name = "unsteered", .value = "", .plan_hash = ""}};
    int wordings = 5;
    MeasureOptions options = {};
};

inline Measures measure(const std::vector<data::Item>& items, const Subject& subject,
                        const Setting& setting = {}) {
    Measurer measurer(card(setting.scoring), setting.arms, circle(), setting.options);
    for (const data::Item& item : items) {
        measurer.add(item, records_of(item, setting.arms, setting.wordings, subject));
    }
    return measurer.finish();
}

/// Chooses by planted worths: P(first) = sigmoid(worth of the first value - of the second).
inline Subject by_worth(std::vector<double> worths, double scale) {
    return [worths = std::move(worths), scale](const Ask& ask) {
        const auto worth = [&](std::size_t option) {
            for (std::size_t i = 0; i < ten_values.size(); ++i) {
                if (ask.item->options[option].values[0].value == ten_values[i]) return worths[i];
            }
            return 0.;
        };
        const double p = 1 / (1 + std::exp(-scale * (worth(0) - worth(1))));
        return Reply{{p, 1 - p}, 0, ""};
    };
}

/// Security steered to three targets, and asked for in the system message.
inline std::vector<Arm> sweep() {
    return {{"unsteered", "", 0, false, "none"},
            {"prompt:security", "security", 0, true, "none"},
            {"security=0.5", "security", .5, false, "a1"},
            {"security=0.9", "security", .9, false, "b2"},
            {"security=0.99", "security", .99, false, "c3"}};
}

/// A subject with worths from -1 to 1, moved along the circle by steering: towards what is steered
/// by cos of the angle; with noise from item and wording, a lean to what stands first, a little
/// mass elsewhere, and now and then no answer.
inline Subject steerable(std::uint64_t seed) {
    return [seed](const Ask& ask) {
        std::vector<double> worths{.4, -.6, -.2, .1, -1, .5, -.3, -.5, 1, .6};
        const double pull = ask.arm->prompt ? .5 : 1.6 * ask.arm->target * ask.arm->target;
        for (std::size_t i = 0; i < 10 && ask.arm->value == "security"; ++i) {
            worths[i] += pull * std::cos((static_cast<double>(i) - 5) * .628318530717958648);
        }
        const auto number = std::stoull(ask.item->id.substr(1));
        core::Rng of_item(seed + number);
        core::Rng rng(seed + number * 1000 + static_cast<std::uint64_t>(ask.wording) * 10 + 7);
        const double noise = .5 * of_item.normal() + .4 * rng.normal();
        if (of_item.uniform() < .02 && ask.wording == 3) return Reply{{}, 0, "refused"};
        Reply reply = by_worth(worths, 1)(ask);
        const double odds = std::log(reply.p[0] / reply.p[1]) + noise + (ask.order == 0 ? .3 : -.3);
        const double p = 1 / (1 + std::exp(-odds));
        return Reply{{p, 1 - p}, .02 + .03 * rng.uniform() + .02 * pull, ""};
    };
}

/// Fails with the reason when there is none.
inline double value_of(const Figure& figure) {
    EXPECT_TRUE(figure.estimate) << figure.reason;
    return figure.estimate ? figure.estimate->value : 1e9;
}

inline const ValueScore& score(const Measures& measures, const std::string& value,
                               std::size_t arm = 0) {
    for (const ValueScore& score : measures.arms[arm].values) {
        if (score.value == value) return score;
    }
    throw std::runtime_error("no value " + value);
}

}  // namespace axia::measure::planted
