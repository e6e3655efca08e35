// The files of a measurement: what measure::to_json writes, and its run.json.
#include "report/run_files.h"

namespace axia::report {

namespace {

const Shape text = Shape::text();
const Shape number = Shape::number();
const Shape share = Shape::number(0, 1);
const Shape natural = Shape::integer(0, 1e15);
const Shape boolean = Shape::boolean();
constexpr std::size_t most_arms = 1000, most_values = 10000, most_rows = 5000;

Shape figure() {
    return figure_shape();
}

Shape run() {
    return run_shape({{"kind", text},
                      {"model?", model_of_run()},
                      {"endpoint?", Shape::object({{"model", text}})},
                      {"people?", Shape::object({{"respondents", natural}})}});
}

Shape robustness() {
    const Shape group = Shape::object(
        {{"by", text}, {"stem", text}, {"item", text}, {"spread", number}, {"members", natural}});
    return Shape::object({{"order_flip", figure()},
                          {"first_bias", figure()},
                          {"wording_flip", figure()},
                          {"unstable", figure()},
                          {"wording_spread", figure()},
                          {"format_gap", figure()},
                          {"inconsistency", figure()},
                          {"paraphrase", figure()},
                          {"topic", figure()},
                          {"language?", figure()},
                          {"unsteady?", Shape::list(group, 10)},
                          {"acquiescence", figure()},
                          {"keying?", figure()},
                          {"invalid", figure()},
                          {"retest", figure()},
                          {"asked", natural},
                          {"unanswered", natural},
                          {"reasons", Shape::map(natural, 10000)}});
}

Shape arm() {
    const Shape value = Shape::object(
        {{"value", text}, {"score", figure()}, {"items", natural}, {"alpha", figure()}});
    const Shape rank = Shape::object(
        {{"value", text}, {"strength", figure()}, {"elo?", number}, {"above_next?", share}});
    const Shape duel = Shape::object(
        {{"value", text}, {"other", text}, {"wins", figure()}, {"dilemmas", natural}});
    const Shape risk = Shape::object({{"value", text},
                                      {"ratio", figure()},
                                      {"with?", share},
                                      {"without?", share},
                                      {"dilemmas", natural}});
    const Shape worth =
        Shape::object({{"value", text}, {"worth", figure()}, {"dilemmas", natural}});
    const Shape dimension = Shape::object(
        {{"theory", text}, {"dimension", text}, {"score", figure()}, {"values", natural}});
    const Shape likelier =
        Shape::object({{"by", text}, {"share", figure()}, {"difference", figure()}});
    const Shape branch = Shape::object({{"branch", text},
                                        {"by", text},
                                        {"score", figure()},
                                        {"chance?", share},
                                        {"accuracy", figure()},
                                        {"first", figure()},
                                        {"others", figure()}});
    return Shape::object({{"arm", text},
                          {"value", text},
                          {"target", number},
                          {"prompt", boolean},
                          {"values", Shape::list(value, most_values)},
                          {"ranking", Shape::list(rank, most_values)},
                          {"duels?", Shape::list(duel, most_values)},
                          {"risks?", Shape::list(risk, most_values)},
                          {"worths?", Shape::list(worth, most_values)},
                          {"dimensions?", Shape::list(dimension, most_values)},
                          {"accuracy", figure()},
                          {"right", figure()},
                          {"exact_match", figure()},
                          {"likelier", Shape::list(likelier, 100)},
                          {"branches?", Shape::list(branch, most_values)},
                          {"robustness", robustness()}});
}

Shape measures() {
    const Shape battery = Shape::object({{"name", text},
                                         {"title", text},
                                         {"version", natural},
                                         {"licence", text},
                                         {"source?", text},
                                         {"scoring", text}});
    const Shape difference = Shape::object(
        {{"arm", text}, {"value", text}, {"shift", figure()}, {"p?", share}, {"p_holm?", share}});
    const Shape point = Shape::object({{"target", number}, {"arm", text}, {"shift", figure()}});
    const Shape curve = Shape::object({{"steered", text},
                                       {"value", text},
                                       {"role", text},
                                       {"points", Shape::list(point, most_arms)}});
    const Shape row = Shape::object({{"item", text},
                                     {"stem", text},
                                     {"text", text},
                                     {"number", Shape::map(number, most_arms)},
                                     {"flip?", number},
                                     {"spread?", number},
                                     {"invalid?", number}});
    return Shape::object(
        {{"battery", battery},
         {"unit", text},
         {"score_by", text},
         {"baseline", text},
         {"level", share},
         {"spread?", text},
         {"items", natural},
         {"stems", natural},
         {"answers", natural},
         {"how", Shape::map(natural, 100)},
         {"chance?", share},
         {"circle", Shape::list(Shape::object({{"value", text}, {"angle?", number}}), most_values)},
         {"arms", Shape::list(arm(), most_arms)},
         {"differences", Shape::list(difference, most_arms * most_values)},
         {"doses", Shape::list(curve, most_arms * most_values)},
         {"judge?", Shape::map(figure(), 100)},
         {"rows", Shape::list(row, most_rows)},
         {"rows_left_out", natural}});
}

}  // namespace

Shape figure_shape() {
    return Shape::object(
        {{"value?", number}, {"lo?", number}, {"hi?", number}, {"n?", natural}, {"reason?", text}});
}

std::span<const RunFile> measure_files() {
    static const std::vector<RunFile> files{{"run", "axia.run", 1, run()},
                                            {"measures", "axia.measures", 1, measures()}};
    return files;
}

}  // namespace axia::report
