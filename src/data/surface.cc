#include "data/surface.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "axia/core/random.h"
#include "axia/math/logistic.h"
#include "axia/math/matrix.h"

namespace axia::data {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

/// Texts in rows 2i (positive) and 2i + 1 (negative) of pair i.
struct Sides {
    math::Matrix x;
    std::vector<int> y;
    std::vector<std::size_t> group;  // per pair
    std::size_t groups = 0;
};

double score(const math::LogisticFit& fit, std::span<const float> row) {
    double sum = fit.intercept;
    for (std::size_t j = 0; j < row.size(); ++j) {
        if (row[j] != 0) sum += fit.weights[j] * static_cast<double>(row[j]);
    }
    return sum;
}

struct CrossValidated {
    double accuracy = 0.5;  // over texts
    double paired = 0.5;    // over pairs; equal scores count half
};

/// Each group lands in one fold; every text is scored by the fit that has not seen its group.
CrossValidated cross_validate(const Sides& sides, const CheckOptions& options) {
    const std::size_t pairs = sides.group.size();
    const std::size_t folds = std::min(options.folds, sides.groups);
    double right = 0, above = 0;
    for (std::size_t repeat = 0; repeat < options.repeats; ++repeat) {
        std::vector<std::size_t> order(sides.groups);
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        core::Rng rng(options.seed + repeat);
        rng.shuffle(order);
        std::vector<std::size_t> fold(sides.groups);
        for (std::size_t i = 0; i < order.size(); ++i) fold[order[i]] = i % folds;
        for (std::size_t k = 0; k < folds; ++k) {
            std::vector<std::size_t> seen, unseen;
            for (std::size_t i = 0; i < pairs; ++i) {
                (fold[sides.group[i]] == k ? unseen : seen).push_back(i);
            }
            math::Matrix x(2 * seen.size(), sides.x.cols);
            std::vector<int> y(2 * seen.size());
            for (std::size_t i = 0; i < seen.size(); ++i) {
                for (std::size_t side = 0; side < 2; ++side) {
                    const auto row = sides.x.row(2 * seen[i] + side);
                    std::copy(row.begin(), row.end(), x.row(2 * i + side).begin());
                    y[2 * i + side] = sides.y[2 * seen[i] + side];
                }
            }
            const math::LogisticFit fit = math::fit_logistic(x, y);
            for (const std::size_t i : unseen) {
                const double positive = score(fit, sides.x.row(2 * i));
                const double negative = score(fit, sides.x.row(2 * i + 1));
                right += (positive > 0 ? 1 : 0) + (negative <= 0 ? 1 : 0);
                above += positive > negative ? 1 : positive == negative ? 0.5 : 0;
            }
        }
    }
    const auto n = static_cast<double>(pairs * options.repeats);
    return {right / (2 * n), above / n};
}

BiasIndex index_of(double accuracy, std::size_t texts) {
    const auto right =
        static_cast<std::size_t>(std::llround(accuracy * static_cast<double>(texts)));
    return {accuracy, math::wilson(std::min(right, texts), texts)};
}

void standardise(math::Matrix& x) {
    for (std::size_t j = 0; j < x.cols; ++j) {
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < x.rows; ++i) sum += static_cast<double>(x.row(i)[j]);
        const double mean = sum / static_cast<double>(x.rows);
        for (std::size_t i = 0; i < x.rows; ++i) {
            const double d = static_cast<double>(x.row(i)[j]) - mean;
            squares += d * d;
        }
        const double spread = std::sqrt(squares / static_cast<double>(x.rows));
        for (std::size_t i = 0; i < x.rows; ++i) {
            float& value = x.row(i)[j];
            value = spread > 0 ? static_cast<float>((static_cast<double>(value) - mean) / spread)
                               : 0.0F;
        }
    }
}

std::vector<CueWord> cues_of(const Sides& sides, const std::vector<std::string>& vocabulary,
                             std::size_t count) {
    const math::LogisticFit fit = math::fit_logistic(sides.x, sides.y);
    std::vector<CueWord> cues;
    for (std::size_t j = 0; j < vocabulary.size(); ++j) {
        CueWord cue{vocabulary[j], fit.weights[j], 0, 0};
        for (std::size_t i = 0; i < sides.x.rows; ++i) {
            if (sides.x.row(i)[j] > 0) ++(sides.y[i] == 1 ? cue.positive : cue.negative);
        }
        cues.push_back(std::move(cue));
    }
    std::stable_sort(cues.begin(), cues.end(), [](const CueWord& a, const CueWord& b) {
        return std::abs(a.weight) > std::abs(b.weight);
    });
    std::size_t plus = 0, minus = 0;
    std::vector<CueWord> kept;
    for (const CueWord& cue : cues) {
        std::size_t& taken = cue.weight > 0 ? plus : minus;
        if (cue.weight != 0 && taken < count) {
            ++taken;
            kept.push_back(cue);
        }
    }
    return kept;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < text.size();) {
        if (!letter(text[i])) {
            ++i;
            continue;
        }
        std::string word;
        while (i < text.size() && letter(text[i])) word += lower(text[i++]);
        if (i + 1 < text.size() && text[i] == '\'' && letter(text[i + 1])) {
            word += text[i++];
            while (i < text.size() && letter(text[i])) word += lower(text[i++]);
        }
        words.push_back(std::move(word));
    }
    return words;
}

std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

void measure_surface(std::span<const ContrastPair> pairs, const CheckOptions& options,
                     PairCheck& check) {
    check.length_only.ci = check.bag_of_words.ci = {0, 1};
    std::map<std::string, std::size_t> groups, vocabulary;
    std::vector<std::vector<std::string>> words;
    for (const ContrastPair& pair : pairs) {
        groups.try_emplace(pair.group.empty() ? pair.id : pair.group);
        for (const std::string* text : {&pair.positive, &pair.negative}) {
            words.push_back(words_of(*text));
            for (const std::string& word : words.back()) vocabulary.try_emplace(word);
        }
    }
    if (groups.size() < 2 || vocabulary.empty() || options.folds < 2 || options.repeats == 0) {
        return;
    }
    // folds are drawn over sorted names, so the order of the file does not matter
    std::size_t next = 0;
    for (auto& [name, number] : groups) number = next++;
    std::vector<std::string> names;
    for (auto& [word, column] : vocabulary) {
        column = names.size();
        names.push_back(word);
    }

    Sides length, bag;
    length.groups = bag.groups = groups.size();
    length.x = math::Matrix(words.size(), 2);
    bag.x = math::Matrix(words.size(), names.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        bag.group.push_back(groups.at(pairs[i].group.empty() ? pairs[i].id : pairs[i].group));
        for (std::size_t side = 0; side < 2; ++side) {
            const std::size_t row = 2 * i + side;
            const std::string& text = side == 0 ? pairs[i].positive : pairs[i].negative;
            bag.y.push_back(side == 0 ? 1 : 0);
            length.x.row(row)[0] = static_cast<float>(words[row].size());
            length.x.row(row)[1] = static_cast<float>(characters_of(text));
            for (const std::string& word : words[row]) bag.x.row(row)[vocabulary.at(word)] = 1;
        }
    }
    standardise(length.x);
    length.y = bag.y;
    length.group = bag.group;

    check.length_only = index_of(cross_validate(length, options).accuracy, words.size());
    const CrossValidated seen = cross_validate(bag, options);
    check.bag_of_words = index_of(seen.accuracy, words.size());
    check.bag_of_words_paired = seen.paired;
    check.cues = cues_of(bag, names, options.cues);
}

}  // namespace axia::data
