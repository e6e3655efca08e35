// Plain expository text, written for axia, on which copies are compared with their source.
#pragma once

#include <array>
#include <string_view>

namespace axia::model {

inline constexpr std::array<std::string_view, 4> neutral_texts{
    "The river rises in the northern hills and flows south through three small towns before it "
    "reaches the sea. In spring the water is high, and in late summer it can be crossed on foot "
    "near the old mill. Farmers on both banks have kept records of its level since the first "
    "bridge was built. A narrow road follows the eastern bank as far as the second town, where it "
    "turns inland and climbs to a plateau.",
    "Copper is a soft metal that conducts heat and electricity well. It melts at about 1085 "
    "degrees Celsius and has been used for pipes, coins and cooking pots for thousands of years. "
    "Mixed with tin it gives bronze, which is harder; mixed with zinc it gives brass. In moist air "
    "its surface slowly turns green, as can be seen on old roofs.",
    "A library catalogue lists each book by author, title and subject, and gives the shelf where "
    "it stands. Before computers, the entries were written on cards and kept in long drawers. "
    "Today most catalogues are searched by keyword, and a reader can see at once whether a copy is "
    "on loan, when it is due, and which other branches hold one.",
    "To make the dough, put two cups of flour in a bowl and add a spoonful of salt. Pour in warm "
    "water little by little and stir until no dry flour is left. Cover the bowl with a cloth and "
    "leave it for an hour. Then fold the dough, shape it into a ball, and let it rest again while "
    "the oven gets hot. It is done when the crust is brown and sounds hollow.",
};

}  // namespace axia::model
