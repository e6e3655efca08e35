// Asking a battery through the prefix tree and the journal, against the same questions asked one by
// one, one run at a time, or without a journal.
#include <cmath>
#include <fstream>

#include "axia/answers/local_subject.h"
#include "axia/answers/run.h"
#include "axia/capture/capture.h"
#include "axia/core/resources.h"
#include "axia/data/value_system.h"
#include "axia/measure/measure.h"
#include "child.h"
#include "fixture.h"
#include "source_dir.h"

namespace axia::bench {
namespace {

using answers::Question;
using answers::Record;
using answers::Request;
using model::Token;

const std::filesystem::path source = AXIA_SOURCE_DIR;

/// Dilemmas as pairs; with `choices` two neighbours' options together, four to choose from.
std::vector<data::Item> items(std::size_t count, bool choices) {
    const data::ValueSystem system = data::read_value_system(source / "values" / "schwartz");
    std::vector<data::Item> made;
    for (const std::string& value : system.ids()) {
        const std::vector<data::Dilemma> dilemmas = system.dilemmas(value);
        for (std::size_t i = 0; i + 1 < dilemmas.size() && i < (count + 9) / 10; ++i) {
            data::Item item;
            item.id = item.stem = dilemmas[i].id;
            item.kind = choices ? data::ItemKind::choice : data::ItemKind::pair;
            item.text = dilemmas[i].situation;
            for (std::size_t k = i; k < i + (choices ? 2 : 1); ++k) {
                item.options.push_back({dilemmas[k].option_toward, {{value, 1}}, 0});
                item.options.push_back({dilemmas[k].option_away, {{dilemmas[k].other, 1}}, 0});
            }
            if (made.size() < count) made.push_back(std::move(item));
        }
    }
    return made;
}

/// All questions of the items and the requests for one or more arms.
struct Page {
    std::vector<data::Item> asked;
    std::vector<std::vector<Question>> questions;
    std::vector<Request> requests;

    Page(std::vector<data::Item> what, std::size_t prompts, std::size_t arms)
        : asked(std::move(what)) {
        const auto all = answers::read_wordings(source / "batteries" / "wordings.yaml");
        for (const data::Item& item : asked) {
            questions.push_back(
                answers::questions_of(item, answers::wordings_of(all, item.kind, prompts)));
        }
        for (std::size_t i = 0; i < asked.size(); ++i) {
            for (const Question& question : questions[i]) {
                for (std::size_t arm = 0; arm < arms; ++arm) {
                    requests.push_back({&asked[i], &question, arm, 0});
                }
            }
        }
    }
};

/// ln p of one option by a decode call of its own.
double alone(model::Session& session, const Question& question, std::size_t option) {
    const model::Model& model = session.model();
    std::vector<Token> tokens =
        capture::context_tokens(model, capture::Context::chat, question.message);
    const std::vector<Token> lead = model.tokenize(question.lead, false);
    const std::vector<Token> text = model.tokenize(question.lead + question.answers[option], false);
    std::size_t first = 0;
    while (first < lead.size() && first < text.size() && lead[first] == text[first]) ++first;
    const std::size_t context = tokens.size() + first;
    tokens.insert(tokens.end(), text.begin(), text.end());
    std::vector<model::Row> rows;
    for (std::size_t p = 0; p < tokens.size(); ++p) {
        rows.push_back({tokens[p], static_cast<std::int32_t>(p), 0, 1, p + 1 >= context});
    }
    session.clear();
    session.decode(rows);
    double sum = 0;
    for (std::size_t p = context; p < tokens.size(); ++p) {
        sum += session.log_probability(p - 1, tokens[p]);
    }
    return sum;
}

void sharing(Run& run, std::size_t count, bool choices) {
    // 8-bit weights round activations row by row, and one flip moves a score by some hundredths
    const auto model = open_model(run, model::Purpose::prompt, "f16");
    if (!model) return;
    const Page page(items(count, choices), 5, 1);
    model::Session shared(model, session_options({.context = 4096, .sequences = 64, .batch = 768}));
    model::Session single(model, session_options({.context = 1024, .sequences = 1, .batch = 768}));
    answers::LocalSubject subject(shared, {{{"unsteered", "", "none"}, nullptr, {}}});
    std::vector<Record> records;
    std::vector<std::vector<double>> one_by_one(page.requests.size());
    run.speed([&] { return timed([&] { records = subject.ask(page.requests, {}); }); },
              [&] {
                  return timed([&] {
                      for (std::size_t r = 0; r < page.requests.size(); ++r) {
                          one_by_one[r].clear();
                          const Question& question = *page.requests[r].question;
                          for (std::size_t o = 0; o < question.answers.size(); ++o) {
                              one_by_one[r].push_back(alone(single, question, o));
                          }
                      }
                  });
              });
    std::vector<double> apart;
    for (std::size_t r = 0; r < records.size(); ++r) {
        for (std::size_t o = 0; o < records[r].options.size(); ++o) {
            apart.push_back(std::abs(records[r].options[o].sum - one_by_one[r][o]) /
                            records[r].options[o].tokens);
        }
    }
    run.check("same scores, median nats per token apart", median(apart) < 1e-3,
              number("%.2g", median(apart)));
    const double tree =
        static_cast<double>(subject.rows_decoded()) / static_cast<double>(subject.rows_least());
    run.check("rows decoded / rows of the prefix tree <= 1.05", tree <= 1.05, number("%.4f", tree));
    run.note(number("%.1f", static_cast<double>(page.asked.size()) / median(run.ours)) +
             " items per second, " +
             number("%.1f", static_cast<double>(page.asked.size()) / median(run.theirs)) +
             " one by one");
}

void plans_together(Run& run) {
    const auto model = open_model(run, model::Purpose::prompt);
    if (!model) return;
    int layers = 10;
    const int first = middle(model->info(), layers);
    std::vector<steer::CompiledPlan> plans;
    std::vector<answers::LocalArm> arms;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        plans.push_back(random_plan(model->info(), first, layers, 1, steer::Rows::onward, seed));
    }
    for (std::size_t k = 0; k < plans.size(); ++k) {
        arms.push_back({{"plan-" + std::to_string(k), "", plans[k].hash()}, &plans[k], {}});
    }
    model::Session session(model,
                           session_options({.context = 4096, .sequences = 64, .batch = 768}));
    answers::LocalSubject together(session, arms);
    const Page all(items(20, false), 3, 4), one(items(20, false), 3, 1);
    run.time([&] { return timed([&] { keep(together.ask(all.requests, {})); }); },
             [&] {
                 return timed([&] {
                     for (const answers::LocalArm& arm : arms) {
                         answers::LocalSubject alone_subject(session, {arm});
                         keep(alone_subject.ask(one.requests, {}));
                     }
                 });
             });
}

/// The whole of ask_battery against the same pages asked without a journal.
void journal(Run& run) {
    const auto model = open_model(run, model::Purpose::prompt);
    if (!model) return;
    model::Session session(model,
                           session_options({.context = 4096, .sequences = 64, .batch = 768}));
    answers::LocalSubject subject(session, {{{"unsteered", "", "none"}, nullptr, {}}});
    data::BatteryCard card;
    card.name = "bench";
    card.licence = "none";
    const data::Battery battery(card, items(40, false));
    const Page page(items(40, false), 3, 1);
    answers::RunOptions options;
    options.wordings = answers::read_wordings(source / "batteries" / "wordings.yaml");
    options.prompts = 3;
    int runs = 0;
    const Scratch scratch;
    run.time(
        [&] {
            const auto folder = scratch.folder / std::to_string(runs++);
            return timed([&] {
                answers::Journal kept(folder);
                const answers::RunCounts counts =
                    answers::ask_battery(battery, subject, kept, options);
                run.check("all asked", counts.asked == page.requests.size(),
                          std::to_string(counts.asked));
            });
        },
        [&] {
            return timed([&] {
                std::vector<Request> part;
                for (std::size_t r = 0; r < page.requests.size(); ++r) {
                    part.push_back(page.requests[r]);
                    const bool item_ends = r + 1 == page.requests.size() ||
                                           page.requests[r + 1].item != page.requests[r].item;
                    if ((item_ends && part.size() >= options.page) ||
                        r + 1 == page.requests.size()) {
                        keep(subject.ask(part, {}));
                        part.clear();
                    }
                }
            });
        });
    const answers::Journal last(scratch.folder / "0", answers::Journal::Mode::read);
    run.check("journal holds every answer", last.size() == page.requests.size(),
              std::to_string(last.size()));
    run.checks.erase(run.checks.begin(), run.checks.end() - 2);
}

/// A subject that costs nothing, so that what grows is what asking and measuring keep.
class Scripted final : public answers::Subject {
  public:
    std::string identity() const override { return R"({"subject":"scripted"})"; }
    const std::vector<answers::AskArm>& arms() const override { return arms_; }
    std::vector<Record> ask(std::span<const Request> page, const core::Watch&) override {
        std::vector<Record> records(page.size());
        for (std::size_t i = 0; i < page.size(); ++i) {
            const double lean = static_cast<double>(page[i].item->id.back() % 7) / 7;
            records[i].options = {{-1 - lean, 4, 20}, {-2 + lean, 4, 20}};
            records[i].p = answers::probabilities(records[i].options, answers::ScoreBy::sum);
        }
        return records;
    }

  private:
    std::vector<answers::AskArm> arms_{{"unsteered", "", "none"}};
};

/// Child: asks and measures a battery of that many items and says its peak of resident memory.
int stream_items(const std::vector<std::string>& arguments) {
    const std::filesystem::path folder = arguments.at(0);
    const data::Battery battery = data::read_battery(folder / "battery");
    Scripted subject;
    answers::Journal kept(folder / "run");
    answers::RunOptions options;
    options.wordings = {
        {"plain", data::ItemKind::likelihood, answers::Wording::Answer::text, "{text}", "", ""}};
    answers::ask_battery(battery, subject, kept, options);
    measure::Measurer measurer(battery.card(), {{"unsteered", "", 0, false, "none"}}, {});
    answers::for_each_answered(battery, subject, kept, options,
                               [&](const data::Item& item, std::span<const Record> records) {
                                   measurer.add(item, records);
                               });
    keep(measurer.finish());
    std::printf("%.0f\n", status_bytes("VmHWM"));
    return 0;
}

double peak_megabytes(std::size_t count) {
    const Scratch scratch;
    std::filesystem::create_directories(scratch.folder / "battery");
    std::ofstream(scratch.folder / "battery" / "battery.yaml")
        << "schema: axia.battery\nversion: 1\nname: many\ntitle: Many\nlicence: none\n"
           "scoring: likelihood\n";
    {
        std::ofstream out(scratch.folder / "battery" / "items.jsonl");
        for (std::size_t i = 0; i < count; ++i) {
            out << R"({"id": "item-)" << i
                << R"(", "kind": "likelihood", "text": "Somebody finds a purse in the street and",)"
                << R"( "options": ["brings it back.", "keeps it."]})"
                << "\n";
        }
    }
    Child child({std::filesystem::read_symlink("/proc/self/exe"), "--child", "stream-items",
                 scratch.folder.string()});
    return std::stod(child.ask("")) / 1048576;
}

/// The slope between two sizes, taken to a million.
void memory(Run& run) {
    const double few = peak_megabytes(20'000), many = peak_megabytes(120'000);
    run.sample(few + (many - few) / 100'000 * 980'000);
    run.note(number("%.1f", few) + " MB at 20,000 items, " + number("%.1f", many) +
             " MB at 120,000; the figure is the line through both at a million");
}

const bool child_registered = child_mains().emplace("stream-items", stream_items).second;

const Registration pairs_registered({"measure.pair",
                                     "pairs in 5 wordings and both orders / one decode an option",
                                     at_least(3), [](Run& run) { sharing(run, 12, false); }, 3});
const Registration choices_registered(
    {"measure.choice", "4 options in 5 wordings and 4 orders / one decode an option", at_least(4),
     [](Run& run) { sharing(run, 4, true); }, 3});
const Registration plans_registered({"measure.plans", "4 plans in one run / 4 runs, time",
                                     at_most(.7), plans_together, 3});
const Registration journal_registered({"measure.journal", "with the journal / without, time",
                                       at_most(1.02), journal, 5});
const Registration memory_registered({"measure.memory", "peak memory of a million items",
                                      at_most(200), memory, 1, "MB"});

}  // namespace
}  // namespace axia::bench
