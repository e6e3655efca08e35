// Arms against the baseline, and curves along a sweep.
#include <algorithm>
#include <cmath>
#include <functional>

#include "axia/math/inference.h"
#include "measure/table.h"

namespace axia::measure {

namespace {

/// An item's number under an arm, NaN when there is none.
using ItemNumber = std::function<double(std::size_t arm, std::size_t item)>;

struct Quantity {
    std::string name;
    int value = -1;  // of the table; controls: -1
    ItemNumber number;
};

Quantity of_value(const Table& table, std::size_t value) {
    const int number = static_cast<int>(value);
    return {table.values.list()[value], number,
            [&table, number](std::size_t arm, std::size_t item) {
                return table.value_score(arm, item, number);
            }};
}

bool is_question(const Shape& shape) {
    return shape.right >= 0 && !shape.scale() && shape.kind != data::ItemKind::likelihood;
}

Quantity accuracy(const Table& table) {
    return {"accuracy", -1, [&table](std::size_t arm, std::size_t item) {
                return is_question(table.shape(item)) ? table.tables[arm].items[item].number : none;
            }};
}

Quantity saying_yes(const Table& table) {
    return {"yes", -1, [&table](std::size_t arm, std::size_t item) {
                const Shape& shape = table.shape(item);
                return is_question(shape) && shape.yes >= 0
                           ? static_cast<double>(table.tables[arm].items[item].lean)
                           : none;
            }};
}

Quantity invalid_mass(const Table& table) {
    return {"invalid", -1, [&table](std::size_t arm, std::size_t item) {
                return static_cast<double>(table.tables[arm].items[item].invalid);
            }};
}

struct Shift {
    Figure figure;
    std::optional<double> p;
};

Shift shift_of(const Table& table, std::size_t arm, const Quantity& quantity) {
    const int baseline = table.arm_of(table.options.baseline);
    if (baseline < 0)
        return {because("no arm '" + table.options.baseline + "' to compare with"), {}};
    Sample pairs;
    const auto look_at = [&](std::size_t item) {
        const double shift =
            quantity.number(arm, item) - quantity.number(static_cast<std::size_t>(baseline), item);
        if (!std::isnan(shift)) pairs.add(shift, table.stems[item]);
    };
    if (quantity.value >= 0) {
        for (const std::uint32_t item : table.item_of[static_cast<std::size_t>(quantity.value)]) {
            look_at(item);
        }
    } else {
        for (std::size_t item = 0; item < table.items.size(); ++item) look_at(item);
    }
    Shift shift;
    shift.figure = mean_figure(pairs, table.options.level, "no item answered under both arms");
    if (shift.figure.estimate) {
        shift.p = math::clustered_mean(pairs.values, pairs.stems, table.options.level).p;
    }
    return shift;
}

bool any_question(const Table& table) {
    return std::any_of(table.shapes.begin(), table.shapes.end(), is_question);
}

std::string role_of(const Circle& circle, const std::string& steered, const std::string& value) {
    if (value == steered) return "steered";
    const auto in = [&](const std::map<std::string, std::vector<std::string>>& lists) {
        const auto list = lists.find(steered);
        return list != lists.end() &&
               std::find(list->second.begin(), list->second.end(), value) != list->second.end();
    };
    return in(circle.neighbours) ? "neighbour" : in(circle.opposites) ? "opposite" : "other";
}

}  // namespace

std::vector<Difference> measure_differences(const Table& table) {
    std::vector<Quantity> quantities;
    for (std::size_t value = 0; value < table.values.list().size(); ++value) {
        quantities.push_back(of_value(table, value));
    }
    if (any_question(table)) quantities.push_back(accuracy(table));
    std::vector<Difference> differences;
    std::vector<double> ps;
    for (std::size_t arm = 0; arm < table.arms.size(); ++arm) {
        if (table.arms[arm].name == table.options.baseline || table.arms.size() == 1) continue;
        for (const Quantity& quantity : quantities) {
            Shift shift = shift_of(table, arm, quantity);
            if (shift.p) ps.push_back(*shift.p);
            differences.push_back({table.arms[arm].name, quantity.name, std::move(shift.figure),
                                   shift.p, std::nullopt});
        }
    }
    const std::vector<double> adjusted = math::holm(ps);
    std::size_t next = 0;
    for (Difference& difference : differences) {
        if (difference.p) difference.p_holm = adjusted[next++];
    }
    return differences;
}

std::vector<DoseCurve> measure_doses(const Table& table) {
    std::vector<std::string> steered;
    for (const Arm& arm : table.arms) {
        if (arm.value.empty() || arm.prompt || arm.target == 0) continue;
        if (std::find(steered.begin(), steered.end(), arm.value) == steered.end()) {
            steered.push_back(arm.value);
        }
    }
    std::vector<DoseCurve> curves;
    for (const std::string& value : steered) {
        std::vector<std::size_t> arms;
        for (std::size_t arm = 0; arm < table.arms.size(); ++arm) {
            const Arm& other = table.arms[arm];
            if (other.value == value && !other.prompt && other.target != 0) arms.push_back(arm);
        }
        std::stable_sort(arms.begin(), arms.end(), [&](std::size_t a, std::size_t b) {
            return table.arms[a].target < table.arms[b].target;
        });
        const auto add = [&](const Quantity& quantity, std::string role) {
            DoseCurve curve{value, quantity.name, std::move(role), {}};
            for (const std::size_t arm : arms) {
                curve.points.push_back({table.arms[arm].target, table.arms[arm].name,
                                        shift_of(table, arm, quantity).figure});
            }
            curves.push_back(std::move(curve));
        };
        for (std::size_t other = 0; other < table.values.list().size(); ++other) {
            const Quantity quantity = of_value(table, other);
            add(quantity, role_of(table.circle, value, quantity.name));
        }
        if (any_question(table)) {
            add(accuracy(table), "control");
            add(saying_yes(table), "control");
        }
        add(invalid_mass(table), "control");
    }
    return curves;
}

}  // namespace axia::measure
