#include "cmd/forge/words.h"

#define WORDS(name, ...)                                                                           \
	static const char *const name##_list[] = {__VA_ARGS__};                                    \
	const struct words name = {name##_list, sizeof(name##_list) / sizeof(*name##_list)}

/* clang-format off */
WORDS(words_first_names,
	"ada", "adam", "alice", "anna", "anton", "astrid", "ben", "bella", "boris", "carla",
	"carlos", "chen", "clara", "daniel", "daria", "david", "diego", "elena", "elif", "emil",
	"emma", "erik", "eva", "farid", "felix", "fiona", "frank", "greta", "hana", "hanna",
	"hugo", "ida", "igor", "ines", "ivan", "jan", "jana", "joel", "jonas", "julia",
	"karl", "kofi", "laura", "lea", "leo", "lina", "louis", "lucia", "luis", "maja",
	"marco", "maria", "marta", "max", "mei", "mila", "nadia", "nils", "nina", "noah",
	"olga", "omar", "oscar", "paul", "petra", "priya", "rosa", "samir", "sara", "simon",
	"sofia", "sven", "tara", "theo", "tom", "vera", "viktor", "yara", "yuki", "zoe");

WORDS(words_last_names,
	"adler", "almeida", "andersen", "arnold", "bach", "baker", "becker", "berg", "bianchi",
	"bishop", "blum", "brandt", "brown", "carter", "castro", "conti", "cooper", "costa", "diaz",
	"dubois", "eriksen", "esposito", "evans", "ferrari", "fischer", "fontaine", "garcia",
	"girard", "gomez", "graf", "haas", "hansen", "harris", "hoffmann", "horvat", "hughes",
	"ito", "ivanova", "jansen", "jensen", "keller", "khan", "klein", "koch", "kowalski",
	"lambert", "lang", "larsen", "leroy", "lindgren", "lopez", "mancini", "marino", "martin",
	"meyer", "moreau", "moser", "novak", "olsen", "owens", "patel", "perez", "petrov",
	"popescu", "richter", "rivera", "rossi", "roth", "santos", "sato", "schmid", "silva",
	"sommer", "stone", "tanaka", "vargas", "vogel", "wagner", "walker", "weber");

WORDS(words_prose,
	"a", "about", "account", "add", "after", "again", "agenda", "all", "also", "an", "and",
	"answer", "any", "april", "are", "as", "ask", "at", "attached", "autumn", "back", "be",
	"because", "before", "best", "between", "board", "both", "budget", "but", "by", "call",
	"can", "change", "check", "clear", "client", "close", "colleagues", "come", "complete",
	"contract", "copy", "could", "course", "customer", "date", "day", "deadline", "delivery",
	"design", "details", "discuss", "document", "done", "draft", "each", "early", "end",
	"enough", "estimate", "every", "few", "figures", "file", "final", "find", "first", "follow",
	"for", "forward", "found", "friday", "from", "full", "get", "give", "good", "group", "had",
	"half", "have", "hear", "help", "here", "hours", "how", "idea", "if", "in", "include",
	"invoice", "is", "it", "item", "items", "just", "keep", "know", "last", "late", "later",
	"let", "like", "line", "list", "little", "long", "look", "made", "make", "many", "march",
	"market", "may", "meeting", "minutes", "monday", "month", "more", "morning", "move", "need",
	"new", "next", "no", "not", "note", "now", "number", "of", "offer", "office", "on", "once",
	"one", "open", "order", "other", "our", "out", "over", "page", "paper", "part", "people",
	"phone", "plan", "please", "point", "possible", "prepare", "price", "print", "project",
	"question", "quick", "ready", "reason", "received", "regards", "reply", "report",
	"request", "room", "same", "say", "schedule", "second", "see", "send", "sent", "set",
	"several", "share", "should", "side", "since", "small", "so", "some", "soon", "sorry",
	"still", "stock", "sure", "table", "take", "team", "text", "than", "thanks", "that", "the",
	"their", "them", "then", "there", "these", "they", "thing", "think", "this", "three",
	"thursday", "time", "to", "today", "together", "tomorrow", "too", "train", "tuesday", "two",
	"under", "until", "up", "update", "us", "use", "version", "very", "visit", "wait", "want",
	"was", "way", "we", "week", "well", "were", "what", "when", "where", "which", "while",
	"who", "will", "with", "without", "work", "would", "year", "yes", "yesterday", "you",
	"your");

WORDS(words_company,
	"alder", "amber", "arctic", "birch", "blue", "bright", "cedar", "clear", "copper", "coral",
	"delta", "east", "elm", "ember", "fern", "flint", "green", "grey", "harbor", "hazel",
	"high", "iron", "ivory", "lake", "linden", "maple", "north", "oak", "pine", "quartz",
	"red", "river", "silver", "south", "stone", "summit", "sunny", "west", "wild", "willow");

WORDS(words_trade,
	"bakery", "books", "builders", "care", "clinic", "consult", "design", "dental", "electric",
	"energy", "events", "farm", "films", "finance", "foods", "freight", "garden", "glass",
	"hotel", "interiors", "labs", "law", "logistics", "machines", "media", "metal", "motors",
	"optics", "paper", "pharma", "press", "print", "school", "software", "solar", "studio",
	"systems", "tools", "travel", "works");

WORDS(words_subjects,
	"Re: Offer #", "Order # - delivery date", "Invoice #", "Re: Invoice #", "Minutes of the meeting",
	"Agenda for Thursday", "Re: contract draft", "Fwd: travel plan", "Question about order #",
	"Re: Re: price list", "Documents as discussed", "Your request of last week", "Holiday dates",
	"Lunch on Friday?", "Re: appointment", "Project plan, version #", "Change request #",
	"Re: Ticket #", "Reminder: invoice #", "Phone call tomorrow", "Re: signature needed",
	"Shipment # has left our warehouse", "New address of our office", "Photos of the workshop",
	"Re: room for the training", "Spare parts for machine #", "Feedback on the draft",
	"Application for the open position", "Re: references", "Quarterly figures");

WORDS(words_subjects_utf8,
	"Grüße aus München", "Réunion de mars, salle #", "Angebot für Geschäftsräume #",
	"Oferta para la próxima semana, número #", "Re: Tätigkeitsbericht", "Заказ #",
	"Faktúra č. #", "請求書 #", "Følg opp: møte # – referat");

WORDS(words_alerts,
	"Backup of volume # finished", "[monitor] disk of db1: # MB left", "Your order # is on its way",
	"Order confirmation #", "New message in ticket #", "Scan # from the printer on floor 2",
	"Daily report", "Password reset requested", "Certificate # expires soon",
	"Cron <root@mx1> /usr/local/sbin/rotate", "Job # failed with exit code 1");

WORDS(words_posts,
	"[team-news] Results of the week", "[team-news] Summer party", "[team-news] New colleagues",
	"[dev-talk] Release # is out", "[dev-talk] Re: build times", "[dev-talk] Meeting notes",
	"[customers] Maintenance on Sunday", "[customers] What is new in #");
/* clang-format on */

const char *words_pick(const struct words *words, uint64_t n)
{
	return words->list[n % words->count];
}
