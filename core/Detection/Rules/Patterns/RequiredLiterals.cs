using System.Buffers;

namespace NetSniff.Detection.Rules.Patterns;

/// <summary>Texts of which one must be in whatever a regular expression matches, letters in any case: what lacks them
/// all need not be shown to the expression.</summary>
/// <remarks>Understands what <see cref="Filters.Expression.RegexBudget"/> lets through; what it does not understand it
/// takes for something that asks for nothing, which is always safe.</remarks>
internal ref struct RequiredLiterals(ReadOnlySpan<char> pattern)
{
    private const int LengthMin = 2;
    private const int CountMax = 64;
    private const int DepthMax = 32;

    private static readonly SearchValues<char> s_counts = SearchValues.Create("0123456789,");

    private readonly ReadOnlySpan<char> _pattern = pattern;
    private int _at;
    private bool _isLost;

    /// <summary>Null when it asks for nothing.</summary>
    public static IReadOnlyList<string>? Of(string pattern)
    {
        var reader = new RequiredLiterals(pattern);
        var found = reader.Either(0);
        return reader._isLost || reader._at < pattern.Length ? null : found;
    }

    /// <summary>`a|b`: one of what either asks for.</summary>
    private List<string>? Either(int depth)
    {
        if (depth > DepthMax) _isLost = true;
        List<string>? all = [];
        while (!_isLost)
        {
            var one = Sequence(depth);
            if (one is null) all = null;
            else all?.AddRange(one);
            if (all?.Count > CountMax) all = null;
            if (_at >= _pattern.Length || _pattern[_at] != '|') break;
            _at++;
        }

        return all;
    }

    /// <summary>One thing behind the other: the best of what they ask for.</summary>
    private List<string>? Sequence(int depth)
    {
        List<string>? best = null;
        var run = "";
        while (!_isLost && _at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            List<string>? inner = null;
            var letter = '\0';
            var isAnchor = false;
            switch (_pattern[_at])
            {
                case '(':
                    inner = Group(depth, ref isAnchor);
                    break;
                case '[':
                    SkipClass();
                    break;
                case '\\':
                    letter = Escape(ref isAnchor);
                    break;
                case '^' or '$':
                    isAnchor = true;
                    _at++;
                    break;
                case '.':
                    _at++;
                    break;
                default:
                    letter = _pattern[_at++];
                    break;
            }

            var (isOptional, isRepeated) = Quantifier();
            if (isAnchor) continue; // takes no room between two letters
            if (letter is >= ' ' and <= '~' && !isOptional)
            {
                run += letter;
                if (!isRepeated) continue;
            }

            best = Better(best, run);
            run = "";
            if (inner is not null && !isOptional) best = Better(best, inner);
        }

        return Better(best, run);
    }

    private List<string>? Group(int depth, ref bool isAnchor)
    {
        _at++;
        if (_at < _pattern.Length && _pattern[_at] == '?')
        {
            while (_at < _pattern.Length && _pattern[_at] is not (':' or ')')) _at++;
            if (_at < _pattern.Length && _pattern[_at] == ')')
            {
                // Options for the rest: nothing of the text.
                isAnchor = true;
                _at++;
                return null;
            }

            _at++;
        }

        var inner = Either(depth + 1);
        if (_at < _pattern.Length && _pattern[_at] == ')') _at++;
        else _isLost = true;
        return inner;
    }

    private void SkipClass()
    {
        _at++;
        if (_at < _pattern.Length && _pattern[_at] == '^') _at++;
        var first = _at;
        while (_at < _pattern.Length && (_pattern[_at] != ']' || _at == first)) _at += _pattern[_at] == '\\' ? 2 : 1;
        _at++;
        if (_at > _pattern.Length) _isLost = true;
    }

    /// <returns>The letter that it stands for; 0 for a class or what is not understood.</returns>
    private char Escape(ref bool isAnchor)
    {
        if (_at + 1 >= _pattern.Length)
        {
            _isLost = true;
            return '\0';
        }

        var letter = _pattern[_at + 1];
        _at += 2;
        switch (letter)
        {
            case 'b' or 'B' or 'A' or 'Z' or 'z' or 'G':
                isAnchor = true;
                return '\0';
            case 'x':
                var number = 0;
                if (_at + 2 > _pattern.Length || !int.TryParse(_pattern.Slice(_at, 2),
                    System.Globalization.NumberStyles.HexNumber, null, out number))
                {
                    _isLost = true;
                }

                _at += 2;
                return (char)number;
            case 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 't' or 'n' or 'r' or 'f' or 'v' or 'a' or 'e':
                return '\0';
            default:
                // \p{…}, \u0041, \k<…>, octal and whatever else
                if (char.IsAsciiLetterOrDigit(letter)) _isLost = true;
                return letter;
        }
    }

    private (bool IsOptional, bool IsRepeated) Quantifier()
    {
        var (isOptional, isRepeated) = (false, false);
        if (_at >= _pattern.Length) return default;

        switch (_pattern[_at])
        {
            case '?' or '*':
                (isOptional, isRepeated) = (true, true);
                _at++;
                break;
            case '+':
                isRepeated = true;
                _at++;
                break;
            case '{':
                var end = _pattern[_at..].IndexOf('}');
                var inside = end < 0 ? default : _pattern.Slice(_at + 1, end - 1);
                if (inside.IsEmpty || !char.IsAsciiDigit(inside[0]) || inside.ContainsAnyExcept(s_counts))
                {
                    _isLost = true; // a brace that is a letter
                    break;
                }

                (isOptional, isRepeated) = (inside[0] == '0', true);
                _at += end + 1;
                break;
            default:
                return default;
        }

        if (_at < _pattern.Length && _pattern[_at] == '?') _at++;
        return (isOptional, isRepeated);
    }

    private static List<string>? Better(List<string>? best, string run) =>
        run.Length < LengthMin ? best : Better(best, [run]);

    /// <summary>The rarest: the one whose shortest text is longest.</summary>
    private static List<string>? Better(List<string>? best, List<string> other) =>
        best is null || other.Min(text => text.Length) > best.Min(text => text.Length) ? other : best;
}
