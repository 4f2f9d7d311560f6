using System.Buffers;
using System.Collections.Frozen;
using System.Net;

namespace NetSniff.Filters.Bpf;

/// <summary>Looks at the words of a filter of tcpdump's language before libpcap compiles it: whether it would have
/// names looked up, and whether it is so large that compiling it takes long.</summary>
/// <remarks>
/// A name that stands for an address is asked for while a filter is compiled, for as long as the name's owner pleases.
/// libpcap cannot be told not to, so a word that it would take for such a name is refused: scanner.l and grammar.y of
/// libpcap 1.10. Where in doubt it is refused. Names of ports and protocols are in files.
/// Its optimizer takes time with the cube of the tests: with libpcap 1.10.3, 160 of `port` took 0.7 s and 400 took
/// 11 s; one of `portrange` costs nearly as much as two of `port`.
/// </remarks>
public static class FilterWords
{
    public const int LengthMax = 16_384;

    /// <summary>Addresses, numbers, and words that ask something by themselves.</summary>
    public const int TestsMax = 160;

    /// <summary>Operators and brackets; a minus before a minus is an instruction.</summary>
    public const int SignsMax = 4096;

    private const int TestsOfRange = 2;

    private const string Range = "portrange";

    /// <summary>They ask nothing by themselves.</summary>
    private static readonly FrozenSet<string> s_joining = SetOf(
        "and or not src dst host net mask port portrange proto protochain gateway link ether ppp slip fddi tr wlan "
        + "type subtype direction dir on ifname rset ruleset rnr rulenum srnr subrulenum reason action");

    /// <summary>What comes at once after one of them is a word of a table of libpcap's, or of a file.</summary>
    private static readonly FrozenSet<string> s_named = SetOf(
        "port portrange proto protochain type subtype direction dir llc on ifname rset ruleset reason action");

    /// <summary>What a number means that has nothing before it.</summary>
    private static readonly FrozenSet<string> s_meaning = SetOf("host net port portrange proto protochain gateway");

    private static readonly FrozenSet<string> s_asking = SetOf(
        "arp rarp ip sctp tcp udp icmp igmp igrp pim vrrp carp radio ip6 icmp6 ah esp atalk aarp decnet lat sca moprc "
        + "mopdl iso esis es-is isis is-is l1 l2 iih lsp snp csnp psnp clnp stp ipx netbeui address1 addr1 address2 "
        + "addr2 address3 addr3 address4 addr4 ra ta less greater byte broadcast multicast len length inbound outbound "
        + "ifindex vlan mpls pppoed pppoes geneve lane llc metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci "
        + "connectmsg metaconnect fisu lssu lsu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls "
        + "icmptype icmpcode icmp-echoreply icmp-unreach icmp-sourcequench icmp-redirect icmp-echo icmp-routeradvert "
        + "icmp-routersolicit icmp-timxceed icmp-paramprob icmp-tstamp icmp-tstampreply icmp-ireq icmp-ireqreply "
        + "icmp-maskreq icmp-maskreply icmp6type icmp6code icmp6-destinationunreach icmp6-packettoobig "
        + "icmp6-timeexceeded icmp6-parameterproblem icmp6-echo icmp6-echoreply icmp6-multicastlistenerquery "
        + "icmp6-multicastlistenerreportv1 icmp6-multicastlistenerdone icmp6-routersolicit icmp6-routeradvert "
        + "icmp6-neighborsolicit icmp6-neighboradvert icmp6-redirect icmp6-routerrenum icmp6-nodeinformationquery "
        + "icmp6-nodeinformationresponse icmp6-ineighbordiscoverysolicit icmp6-ineighbordiscoveryadvert "
        + "icmp6-multicastlistenerreportv2 icmp6-homeagentdiscoveryrequest icmp6-homeagentdiscoveryreply "
        + "icmp6-mobileprefixsolicit icmp6-mobileprefixadvert icmp6-certpathsolicit icmp6-certpathadvert "
        + "icmp6-multicastrouteradvert icmp6-multicastroutersolicit icmp6-multicastrouterterm "
        + "tcpflags tcp-fin tcp-syn tcp-rst tcp-push tcp-ack tcp-urg tcp-ece tcp-cwr");

    private static readonly SearchValues<char> s_ofWords = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-");

    private static readonly SearchValues<char> s_afterEscaped = SearchValues.Create(" !()\n\t");

    /// <returns>For whoever wrote it; null where nothing keeps it from being compiled.</returns>
    public static string? ProblemOf(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (filter.Length > LengthMax) return $"a filter of {filter.Length} characters; {LengthMax} is the most";

        var reading = new Reading();
        for (var index = 0; index < filter.Length;)
        {
            var length = LengthOfWord(filter.AsSpan(index));
            if (length == 0) reading.TakeSign(filter[index]);
            else reading.TakeRun(filter.Substring(index, length));
            index += Math.Max(1, length);
            if (reading.Unknown is { } word)
            {
                return $"filter '{filter}': '{word}' is no word of its language, and names are not looked up: "
                    + "write addresses";
            }
        }

        return reading.Tests > TestsMax ? $"filter '{filter}': {reading.Tests} tests; {TestsMax} is the most"
            : reading.Signs > SignsMax ? $"filter '{filter}': {reading.Signs} signs; {SignsMax} is the most" : null;
    }

    /// <summary>Zero where a sign or space is.</summary>
    private static int LengthOfWord(ReadOnlySpan<char> text)
    {
        var end = text[0] == '\\' ? text.IndexOfAny(s_afterEscaped) : text.IndexOfAnyExcept(s_ofWords);
        return end < 0 ? text.Length : end;
    }

    private static bool IsAddress(string run) => IsHardware(run, ':') || IsHardware(run, '-')
        || (run.Count(static letter => letter == ':') >= 2 && IPAddress.TryParse(run, out _));

    private static bool IsHardware(string run, char between) => run.Split(between) is { Length: 6 } parts
        && Array.TrueForAll(parts, static part => part.Length is 1 or 2 && part.All(char.IsAsciiHexDigit));

    /// <summary>Also the beginning of an IPv4 address, as in `net 10.1`.</summary>
    private static bool IsNumber(string word)
    {
        if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return word.Length > 2 && word.Skip(2).All(char.IsAsciiHexDigit);
        }

        return word.Split('.') is { Length: <= 4 } parts
            && Array.TrueForAll(parts, static part => part.Length > 0 && part.All(char.IsAsciiDigit));
    }

    private static bool IsRange(string word) => word.Split('-') is { Length: 2 } ends
        && Array.TrueForAll(ends, static end => end.Length > 0 && end.All(char.IsAsciiDigit));

    private static FrozenSet<string> SetOf(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private struct Reading
    {
        private string? _before;
        private string? _meaning;

        public int Tests { get; private set; }

        public int Signs { get; private set; }

        /// <summary>The first word that might be looked up.</summary>
        public string? Unknown { get; private set; }

        public void TakeSign(char sign)
        {
            if (sign is ' ' or '\t' or '\r' or '\n') return;

            Signs++;
            _before = "";
        }

        /// <summary>Letters, digits, and what may be among them or between two of them: `fe80::1`, `2:2`, `tcp-syn`.
        /// </summary>
        public void TakeRun(string run)
        {
            if (IsAddress(run))
            {
                TakeValue();
                return;
            }

            if (run[0] == '\\')
            {
                TakeWord(run);
                return;
            }

            var parts = run.Split(':');
            for (var index = 0; index < parts.Length; index++)
            {
                if (index > 0) TakeSign(':');
                var word = parts[index].TrimStart('-');
                for (var sign = word.Length; sign < parts[index].Length; sign++) TakeSign('-');
                var whole = word.TrimEnd('-');
                if (whole.Length > 0) TakeWord(whole);
                for (var sign = whole.Length; sign < word.Length; sign++) TakeSign('-');
            }
        }

        private void TakeWord(string word)
        {
            var isNamed = _before is { } before && s_named.Contains(before) && !IsKnown(word);
            if (isNamed || IsNumber(word) || (_meaning == Range && IsRange(word)))
            {
                TakeValue();
                return;
            }

            if (!IsKnown(word)) Unknown ??= word;
            if (s_asking.Contains(word)) Tests++;
            if (s_meaning.Contains(word)) _meaning = word;
            else if (word is not ("and" or "or" or "not")) _meaning = null;
            _before = word;
        }

        private void TakeValue()
        {
            Tests += _meaning == Range ? TestsOfRange : 1;
            _before = "";
        }

        private static bool IsKnown(string word) => s_joining.Contains(word) || s_asking.Contains(word);
    }
}
