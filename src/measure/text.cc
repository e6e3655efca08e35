// Measures for people and for other programs: Markdown and CSV.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "axia/measure/measure.h"

namespace axia::measure {

namespace {

std::string number(double x, const char* format = "%.3f") {
    char text[64];
    std::snprintf(text, sizeof text, format, x);
    return text;
}

std::string cell(std::string text) {
    for (std::size_t at = 0; (at = text.find_first_of("|\n", at)) != std::string::npos;) {
        text.replace(at, 1, text[at] == '|' ? "\\|" : " ");
        at += 2;
    }
    return text;
}

std::string shown(const Figure& figure) {
    if (!figure.estimate) return "- (" + cell(figure.reason) + ")";
    return number(figure.estimate->value) + " [" + number(figure.estimate->ci.lo) + ", " +
           number(figure.estimate->ci.hi) + "]";
}

std::string shown(const std::optional<double>& x, const char* format = "%.3f") {
    return x ? number(*x, format) : "-";
}

std::string row(const std::vector<std::string>& cells) {
    std::string line = "|";
    for (const std::string& text : cells) line += " " + text + " |";
    return line + "\n";
}

std::string header(const std::vector<std::string>& cells) {
    std::string rule = "|";
    for (std::size_t i = 0; i < cells.size(); ++i) rule += "---|";
    return row(cells) + rule + "\n";
}

struct Named {
    const char* name;
    const Figure* figure;
};

std::vector<Named> figures_of(const Robustness& r) {
    return {{"order_flip", &r.order_flip},
            {"first_bias", &r.first_bias},
            {"wording_flip", &r.wording_flip},
            {"unstable", &r.unstable},
            {"wording_spread", &r.wording_spread},
            {"format_gap", &r.format_gap},
            {"inconsistency", &r.inconsistency},
            {"paraphrase", &r.paraphrase},
            {"topic", &r.topic},
            {"language", &r.language},
            {"acquiescence", &r.acquiescence},
            {"keying", &r.keying},
            {"invalid", &r.invalid},
            {"retest", &r.retest}};
}

/// RFC 4180.
std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + "\"";
}

class Csv {
  public:
    void add(const std::string& arm, const std::string& value, const std::string& statistic,
             const Figure& figure) {
        std::string numbers = ",,,";
        if (figure.estimate) {
            numbers = number(figure.estimate->value, "%.9g") + "," +
                      number(figure.estimate->ci.lo, "%.9g") + "," +
                      number(figure.estimate->ci.hi, "%.9g") + "," + std::to_string(figure.n);
        }
        line(arm, value, statistic, numbers, figure.reason);
    }
    /// Of numbers without an interval of their own.
    void add(const std::string& arm, const std::string& value, const std::string& statistic,
             const std::optional<double>& x) {
        if (x) line(arm, value, statistic, number(*x, "%.9g") + ",,,", "");
    }
    const std::string& text() const { return text_; }

  private:
    void line(const std::string& arm, const std::string& value, const std::string& statistic,
              const std::string& numbers, const std::string& reason) {
        text_ += quoted(arm) + "," + quoted(value) + "," + statistic + "," + numbers + "," +
                 quoted(reason) + "\n";
    }
    std::string text_ = "arm,value,statistic,estimate,lo,hi,n,reason\n";
};

}  // namespace

std::string to_markdown(const Measures& measures) {
    std::string text = "# " + cell(measures.card.title) + "\n\n";
    text += "Battery " + cell(measures.card.name) + " " + std::to_string(measures.card.version) +
            ": " + std::to_string(measures.items) + " items, " + std::to_string(measures.stems) +
            " stems, " + std::to_string(measures.answers) + " answers. Unit: " + measures.unit +
            ". In brackets " + number(100 * measures.options.level, "%.0f") + " % intervals.\n";
    if (const auto drawn = measures.how.find("samples"); drawn != measures.how.end()) {
        text += "\n" + std::to_string(drawn->second) + " of " + std::to_string(measures.answers) +
                " answers are shares of drawn ones (samples), not log-probabilities.\n";
    }
    for (const ArmMeasures& arm : measures.arms) {
        text += "\n## " + cell(arm.arm.name) + "\n\n";
        if (!arm.values.empty()) {
            text += header({"value", "score", "items", "alpha"});
            for (const ValueScore& score : arm.values) {
                text += row({cell(score.value), shown(score.score), std::to_string(score.items),
                             shown(score.alpha)});
            }
            text += "\n";
        }
        if (!arm.ranking.empty()) {
            text += header({"place", "value", "strength", "Elo", "above the next"});
            std::size_t place = 0;
            for (const Rank& rank : arm.ranking) {
                text += row({std::to_string(++place), cell(rank.value), shown(rank.strength),
                             shown(rank.elo, "%.1f"), shown(rank.above_next)});
            }
            text += "\n";
        }
        if (!arm.duels.empty()) {
            text += header({"value", "over", "wins", "dilemmas"});
            for (const Duel& duel : arm.duels) {
                text += row({cell(duel.value), cell(duel.other), shown(duel.wins),
                             std::to_string(duel.dilemmas)});
            }
            text += "\n";
        }
        if (!arm.risks.empty()) {
            text += header({"value", "relative risk", "risky with it", "without it", "dilemmas"});
            for (const Risk& risk : arm.risks) {
                text += row({cell(risk.value), shown(risk.ratio), shown(risk.with),
                             shown(risk.without), std::to_string(risk.dilemmas)});
            }
            text += "\n";
        }
        if (!arm.worths.empty()) {
            text += header({"value", "worth, log-odds", "dilemmas"});
            for (const Worth& worth : arm.worths) {
                text +=
                    row({cell(worth.value), shown(worth.worth), std::to_string(worth.dilemmas)});
            }
            text += "\n";
        }
        if (!arm.dimensions.empty()) {
            text += header({"theory", "dimension", "score", "values"});
            for (const Dimension& one : arm.dimensions) {
                text += row({cell(one.theory), cell(one.dimension), shown(one.score),
                             std::to_string(one.values)});
            }
            text += "\n";
        }
        if (arm.branches.size() > 1) {
            text += header({"branch", "right", "of its", "by chance", "right items"});
            for (const BranchScore& branch : arm.branches) {
                text += row({cell(branch.branch), shown(branch.score),
                             branch.groups ? "groups" : "items", shown(branch.chance),
                             shown(branch.accuracy)});
            }
            text += "\n";
        }
        text += header({"answers", ""});
        if (arm.accuracy.estimate) {
            text += row({"right", shown(arm.accuracy)});
            text += row({"chance", shown(measures.chance)});
            if (arm.exact_match.estimate) text += row({"groups right", shown(arm.exact_match)});
        }
        for (const Likelier& likelier : arm.likelier) {
            text += row({"first likelier, by " + likelier.by, shown(likelier.share)});
            text += row({"difference, by " + likelier.by, shown(likelier.difference)});
        }
        for (const Named& named : figures_of(arm.robustness)) {
            text += row({named.name, shown(*named.figure)});
        }
        text += row({"unanswered", std::to_string(arm.robustness.unanswered) + " of " +
                                       std::to_string(arm.robustness.asked)});
        for (const auto& [reason, count] : arm.robustness.reasons) {
            text += row({"unanswered: " + cell(reason), std::to_string(count)});
        }
        if (!arm.robustness.unsteady.empty()) {
            text += "\n" + header({"least steady, by", "stem", "first item", "spread", "members"});
            for (const Unsteady& group : arm.robustness.unsteady) {
                text += row({group.by, cell(group.stem), cell(group.item), number(group.spread),
                             std::to_string(group.members)});
            }
        }
    }
    if (!measures.judge.empty()) {
        text += "\n## The judge\n\n" + header({"its own reliability", ""});
        for (const auto& [name, figure] : measures.judge) text += row({name, shown(figure)});
    }
    if (!measures.differences.empty()) {
        text += "\n## Against " + cell(measures.options.baseline) + "\n\n";
        text += header({"arm", "value", "shift", "p", "p (Holm)"});
        for (const Difference& difference : measures.differences) {
            text += row({cell(difference.arm), cell(difference.value), shown(difference.shift),
                         shown(difference.p, "%.3g"), shown(difference.p_holm, "%.3g")});
        }
    }
    if (!measures.doses.empty()) {
        text += "\n## Along the sweeps\n\n";
        text += header({"steered", "value", "role", "target", "shift"});
        for (const DoseCurve& curve : measures.doses) {
            for (const DosePoint& point : curve.points) {
                text += row({cell(curve.steered), cell(curve.value), curve.role,
                             number(point.target, "%.6g"), shown(point.shift)});
            }
        }
    }
    return text;
}

std::string to_csv(const Measures& measures) {
    Csv csv;
    for (const ArmMeasures& arm : measures.arms) {
        const std::string& name = arm.arm.name;
        for (const ValueScore& score : arm.values) {
            csv.add(name, score.value, "score", score.score);
            csv.add(name, score.value, "alpha", score.alpha);
        }
        for (const Rank& rank : arm.ranking) {
            csv.add(name, rank.value, "strength", rank.strength);
            csv.add(name, rank.value, "elo", rank.elo);
            csv.add(name, rank.value, "above_next", rank.above_next);
        }
        for (const Duel& duel : arm.duels) {
            csv.add(name, duel.value + " over " + duel.other, "wins", duel.wins);
        }
        for (const Risk& risk : arm.risks) {
            csv.add(name, risk.value, "relative_risk", risk.ratio);
            csv.add(name, risk.value, "risky_with", risk.with);
            csv.add(name, risk.value, "risky_without", risk.without);
        }
        for (const Worth& worth : arm.worths) csv.add(name, worth.value, "worth", worth.worth);
        for (const Dimension& one : arm.dimensions) {
            csv.add(name, one.theory + ": " + one.dimension, "dimension", one.score);
        }
        csv.add(name, "", "accuracy", arm.accuracy);
        csv.add(name, "", "right", arm.right);
        csv.add(name, "", "exact_match", arm.exact_match);
        for (const BranchScore& branch : arm.branches) {
            csv.add(name, branch.branch, "branch", branch.score);
            csv.add(name, branch.branch, "branch_chance", branch.chance);
            csv.add(name, branch.branch, "branch_accuracy", branch.accuracy);
        }
        for (const Likelier& likelier : arm.likelier) {
            csv.add(name, "", "likelier_" + likelier.by, likelier.share);
            csv.add(name, "", "difference_" + likelier.by, likelier.difference);
        }
        for (const Named& named : figures_of(arm.robustness)) {
            csv.add(name, "", named.name, *named.figure);
        }
        csv.add(name, "", "asked", static_cast<double>(arm.robustness.asked));
        csv.add(name, "", "unanswered", static_cast<double>(arm.robustness.unanswered));
    }
    for (const Difference& difference : measures.differences) {
        csv.add(difference.arm, difference.value, "shift", difference.shift);
        csv.add(difference.arm, difference.value, "p", difference.p);
        csv.add(difference.arm, difference.value, "p_holm", difference.p_holm);
    }
    for (const DoseCurve& curve : measures.doses) {
        for (const DosePoint& point : curve.points) {
            csv.add(point.arm, curve.value, "shift_along_" + curve.steered, point.shift);
        }
    }
    for (const auto& [name, figure] : measures.judge) csv.add("judge", "", name, figure);
    return csv.text();
}

}  // namespace axia::measure
