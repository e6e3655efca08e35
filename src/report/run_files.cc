#include "report/run_files.h"

namespace axia::report {

namespace {

constexpr std::size_t most_layers = 1024;

const Shape text = Shape::text();
const Shape number = Shape::number();
const Shape share = Shape::number(0, 1);
const Shape natural = Shape::integer(0, 1e15);
const Shape layer = Shape::integer(0, 4096);
const Shape boolean = Shape::boolean();
const Shape interval = Shape::interval();

Shape bias() {
    return Shape::object({{"accuracy", share}, {"ci", interval}});
}

Shape bias_or_share() {
    return Shape::one_of({bias(), share});
}

Shape run() {
    return run_shape({{"value", text}, {"model", model_of_run()}});
}

Shape check() {
    const Shape lines = Shape::list(text, 100000);
    const Shape cue = Shape::object(
        {{"word", text}, {"weight", number}, {"positive", natural}, {"negative", natural}});
    const Shape value = Shape::object({{"value", text},
                                       {"pairs", natural},
                                       {"learn", natural},
                                       {"heldout", natural},
                                       {"problems", lines},
                                       {"warnings", lines},
                                       {"length_only", bias()},
                                       {"bag_of_words", bias()},
                                       {"bag_of_words_paired", share},
                                       {"mean_length_ratio", number},
                                       {"cues", Shape::list(cue, 1000)}});
    return Shape::object(
        {{"problem_count", natural}, {"problems", lines}, {"values", Shape::list(value, 256)}});
}

Shape vector() {
    const Shape one = Shape::object({{"layer", layer},
                                     {"train_accuracy?", share},
                                     {"cross_accuracy?", share},
                                     {"heldout_accuracy?", share},
                                     {"heldout_ci?", interval},
                                     {"paired_accuracy?", share},
                                     {"paired_ci?", interval},
                                     {"shuffled_accuracy?", share},
                                     {"mean_gap?", number},
                                     {"state_norm?", number},
                                     {"reading_spread?", number}});
    return Shape::object({{"value", text},
                          {"model?", Shape::object({{"sha256?", text}})},
                          {"context", text},
                          {"data?", Shape::object({{"name?", text},
                                                   {"sha256?", text},
                                                   {"learn_pairs?", natural},
                                                   {"heldout_pairs?", natural},
                                                   {"bag_of_words?", bias_or_share()}})},
                          {"C?", number},
                          {"seed?", Shape::integer(0, 1.9e19)},
                          {"tool_version?", text},
                          {"operation?", text},
                          {"chosen", Shape::list(layer, most_layers)},
                          {"layers", Shape::list(one, most_layers)},
                          {"gate?", Shape::object({{"layer", layer},
                                                   {"alpha", share},
                                                   {"threshold?", number},
                                                   {"calibration?", natural}})}});
}

Shape tune() {
    const Shape id = Shape::one_of({natural, text});
    const Shape candidate =
        Shape::object({{"id", id},
                       {"context", text},
                       {"direction", text},
                       {"amount", text},
                       {"rows", text},
                       {"below", boolean},
                       {"hold?", Shape::one_of({text, boolean, Shape::list(text, 64)})},
                       {"layers", Shape::list(layer, most_layers)},
                       {"log_odds?", number},
                       {"strength?", number},
                       {"round", natural},
                       {"pairs", natural},
                       {"effect", number},
                       {"effect_se?", number},
                       {"cost_nll", number},
                       {"on_frontier", boolean},
                       {"chosen", boolean}});
    return Shape::object({{"value", text},
                          {"budget", number},
                          {"tokens", natural},
                          {"token_budget", natural},
                          {"seconds", Shape::number(0, 1e9)},
                          {"candidates", Shape::list(candidate, 5000)},
                          {"chosen?", id},
                          {"plan_hash?", text},
                          {"warning?", text}});
}

Shape plan() {
    const Shape value = Shape::object({{"value", text},
                                       {"rule?", text},
                                       {"log_odds?", number},
                                       {"p0?", share},
                                       {"strength?", number}});
    return Shape::object({{"name?", text},
                          {"model_sha256?", text},
                          {"context?", text},
                          {"direction?", text},
                          {"amount?", text},
                          {"below?", boolean},
                          {"rows?", text},
                          {"layers", Shape::list(layer, most_layers)},
                          {"values", Shape::list(value, 64)},
                          {"gate?", text},
                          {"alpha?", share}});
}

Shape effect() {
    const Shape arm = Shape::object({{"arm", text},
                                     {"effect", number},
                                     {"ci?", interval},
                                     {"win_rate?", share},
                                     {"cross?", number},
                                     {"cross_ci?", interval},
                                     {"cost_nll?", number},
                                     {"cost_ci?", interval},
                                     {"kl?", number},
                                     {"net_yes?", number},
                                     {"net_yes_ci?", interval},
                                     {"acquiescence?", number}});
    const Shape trace = Shape::object(
        {{"layer", layer}, {"p_before?", share}, {"p_after?", share}, {"d?", number}});
    return Shape::object({{"arms", Shape::list(arm, 64)},
                          {"pairs", natural},
                          {"tokens?", natural},
                          {"seconds?", Shape::number(0, 1e9)},
                          {"infeasible?", natural},
                          {"plan?", text},
                          {"value?", text},
                          {"bag_of_words?", bias_or_share()},
                          {"caa?", Shape::object({{"layer", layer}, {"strength", number}})},
                          {"left_out?", Shape::map(text, 64)},
                          {"trace?", Shape::list(trace, most_layers)}});
}

Shape answers() {
    const Shape trace = Shape::object({{"layer", layer},
                                       {"value", text},
                                       {"p_before?", share},
                                       {"d?", number},
                                       {"p_after?", share},
                                       {"shift_share?", number}});
    const Shape arm = Shape::object(
        {{"arm", text},
         {"text", text},
         {"finish?", text},
         {"tokens?", natural},
         {"gate?", Shape::object({{"score?", number}, {"threshold?", number}, {"open", boolean}})},
         {"trace?", Shape::list(trace, 16 * most_layers)}});
    const Shape question = Shape::object({{"question", text}, {"arms", Shape::list(arm, 64)}});
    return Shape::object({{"questions", Shape::list(question, 1000)}});
}

}  // namespace

Shape model_of_run() {
    return Shape::object({{"name", text},
                          {"sha256", text},
                          {"architecture?", text},
                          {"layers?", natural},
                          {"width?", natural}});
}

Shape run_shape(std::vector<std::pair<std::string_view, Shape>> own) {
    const std::vector<std::pair<std::string_view, Shape>> made{
        {"created", text},
        {"command", text},
        {"seed", Shape::integer(0, 1.9e19)},
        {"axia_version", text},
        {"libllama", text},
        {"note?", text},
        {"weights?",
         Shape::object({{"format", text}, {"mean_kl?", number}, {"prompt_speedup?", number}})},
        {"machine?",
         Shape::object({{"processor", text}, {"cores", natural}, {"memory_bytes", natural}})},
        {"files?", Shape::map(text, 1000)}};
    own.insert(own.end(), made.begin(), made.end());
    return Shape::object(own);
}

std::span<const RunFile> run_files() {
    static const std::vector<RunFile> files{{"run", "axia.run", 1, run()},
                                            {"check", "axia.data-check", 1, check()},
                                            {"vector", "axia.vector-card", 1, vector()},
                                            {"tune", "axia.tune", 1, tune()},
                                            {"plan", "axia.plan", 1, plan()},
                                            {"effect", "axia.effect", 1, effect()},
                                            {"answers", "axia.answers", 1, answers()}};
    return files;
}

}  // namespace axia::report
