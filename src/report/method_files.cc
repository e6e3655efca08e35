// The results of the methods that are no battery: what the rooms measure writes for each.
#include "report/run_files.h"

namespace axia::report {

namespace {

const Shape text = Shape::text();
const Shape number = Shape::number();
const Shape natural = Shape::integer(0, 1e15);
const Shape boolean = Shape::boolean();
constexpr std::size_t most_rows = 100000;

Shape opinions() {
    const Shape level = Shape::object({{"forcing", text},
                                       {"open", boolean},
                                       {"asked", natural},
                                       {"valid", figure_shape()},
                                       {"agree", figure_shape()},
                                       {"agree_by_wording", Shape::list(number, 2)},
                                       {"flip", figure_shape()},
                                       {"unstable", figure_shape()}});
    const Shape gap =
        Shape::object({{"a", text}, {"b", text}, {"open", boolean}, {"share", figure_shape()}});
    const Shape wording = Shape::object({{"wording", text}, {"place", figure_shape()}});
    const Shape forcing =
        Shape::object({{"forcing", text}, {"open", boolean}, {"place", figure_shape()}});
    const Shape axis = Shape::object({{"axis", text},
                                      {"place", figure_shape()},
                                      {"range", Shape::list(number, 2)},
                                      {"answers", natural},
                                      {"without", natural},
                                      {"wordings", Shape::list(wording, most_rows)},
                                      {"forcings", Shape::list(forcing, most_rows)}});
    return Shape::object({{"propositions", natural},
                          {"wordings", natural},
                          {"answers", natural},
                          {"levels", Shape::list(level, most_rows)},
                          {"forcing_gaps", Shape::list(gap, most_rows)},
                          {"open_gap", figure_shape()},
                          {"axes?", Shape::list(axis, most_rows)}});
}

Shape ideals() {
    const Shape counts = Shape::list(natural, 3);
    const Shape row = Shape::object({{"id", text},
                                     {"domain", text},
                                     {"text", text},
                                     {"average?", number},
                                     {"ideal?", number},
                                     {"sample?", number},
                                     {"alpha", figure_shape()},
                                     {"numbers", counts},
                                     {"asked", counts},
                                     {"dropped?", text}});
    return Shape::object({{"counted", natural},
                          {"toward", figure_shape()},
                          {"sign_p?", number},
                          {"wilcoxon_p?", number},
                          {"lambda", figure_shape()},
                          {"concepts", Shape::list(row, most_rows)}});
}

Shape novel() {
    return Shape::object(
        {{"lists", natural},
         {"numbers", Shape::object({{"none", natural}, {"rising", natural}, {"falling", natural}})},
         {"effect", figure_shape()},
         {"p?", number},
         {"up", figure_shape()},
         {"down", figure_shape()},
         {"plain", figure_shape()}});
}

Shape utilities() {
    const Shape option = Shape::object({{"id", text},
                                        {"category", text},
                                        {"text", text},
                                        {"utility", figure_shape()},
                                        {"variance", number}});
    const Shape exchange =
        Shape::object({{"one", text}, {"is_worth", text}, {"amount", figure_shape()}});
    return Shape::object({{"pairs", natural},
                          {"unanswered", natural},
                          {"certain", natural},
                          {"held_out_accuracy", figure_shape()},
                          {"cycles", figure_shape()},
                          {"cycles_expected?", number},
                          {"completeness", figure_shape()},
                          {"first_bias", figure_shape()},
                          {"invalid", figure_shape()},
                          {"options", Shape::list(option, most_rows)},
                          {"exchange", Shape::list(exchange, most_rows)}});
}

Shape perceptions() {
    const Shape evidence = Shape::object({{"sentence", natural}, {"score", number}});
    const Shape value = Shape::object({{"value", text},
                                       {"score", figure_shape()},
                                       {"relevant", natural},
                                       {"scored", natural},
                                       {"evidence", Shape::list(evidence, most_rows)}});
    return Shape::object({{"sentences", Shape::list(text, most_rows)},
                          {"valence_agreement", figure_shape()},
                          {"relevance_agreement", figure_shape()},
                          {"unanswered", natural},
                          {"values", Shape::list(value, most_rows)}});
}

}  // namespace

const RunFile* method_file(std::string_view kind) {
    static const std::vector<RunFile> files{{"opinions", "axia.opinions", 1, opinions()},
                                            {"ideals", "axia.pull", 1, ideals()},
                                            {"novel", "axia.novel", 1, novel()},
                                            {"utilities", "axia.utilities", 1, utilities()},
                                            {"perceptions", "axia.profile", 1, perceptions()}};
    constexpr std::string_view prefix = "measure-";
    if (!kind.starts_with(prefix)) return nullptr;
    kind.remove_prefix(prefix.size());
    for (const RunFile& file : files) {
        if (file.key == kind) return &file;
    }
    return nullptr;
}

}  // namespace axia::report
