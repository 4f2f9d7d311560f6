using System.Globalization;

namespace NetSniff.Wire.Ring;

/// <summary>Members as people write them: `name=host:port`, one on a line or with commas between.</summary>
public static class MemberText
{
    /// <summary>Longest name of a worker.</summary>
    public const int NameMax = 63;

    /// <summary>Longest text of a list.</summary>
    public const int LengthMax = 256 * 1024;

    /// <param name="problem">What is wrong, and where, when the list is null.</param>
    public static IReadOnlyList<RingMember>? Parse(string text, out string? problem)
    {
        problem = text.Length > LengthMax ? $"longer than {LengthMax} characters" : null;
        if (problem is not null) return null;

        var members = new List<RingMember>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var lines = text.Split('\n');
        for (var line = 0; line < lines.Length; line++)
        {
            var words = lines[line].Split('#')[0].Split(
                ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            foreach (var word in words)
            {
                problem = Add(word, members, names);
                if (problem is null) continue;

                problem = lines.Length > 1 ? $"line {line + 1}: {problem}" : problem;
                return null;
            }
        }

        return members;
    }

    /// <summary>Whether a worker may be called so: letters, digits, `-`, `_` and `.`, which no folder minds.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= NameMax
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private static string? Add(string word, List<RingMember> members, HashSet<string> names)
    {
        var middle = word.IndexOf('=', StringComparison.Ordinal);
        if (middle < 0) return $"'{word}' is not name=host:port";

        var (name, address) = (word[..middle].Trim(), word[(middle + 1)..].Trim());
        if (!IsName(name)) return $"'{name}' is no name: letters, digits, '-', '_' and '.', at most {NameMax}";
        if (!IsAddress(address)) return $"'{address}' is not host:port";
        if (!names.Add(name)) return $"two workers named '{name}'";
        if (names.Count > RingTable.MembersMax) return $"more than {RingTable.MembersMax} workers";

        members.Add(new RingMember(name, address));
        return null;
    }

    private static bool IsAddress(string address)
    {
        var colon = address.LastIndexOf(':');
        return colon > 0
            && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= ushort.MaxValue
            && Uri.TryCreate("https://" + address, UriKind.Absolute, out var uri)
            && uri is { AbsolutePath: "/", Query: "", UserInfo: "", Fragment: "" };
    }
}
