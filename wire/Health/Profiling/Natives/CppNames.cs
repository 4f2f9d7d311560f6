using System.Text;

namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>Names of C++ functions as a person writes them (Itanium C++ ABI, section 5.1), without what they take and
/// without template arguments: `_ZN6duckdb13TaskScheduler14ExecuteForeverEPSt6atomicIbE` is
/// `duckdb::TaskScheduler::ExecuteForever`. What is not understood stays as it is.</summary>
internal static class CppNames
{
    private const int NameMax = 160;
    private const int DepthMax = 64;

    public static string Readable(string symbol)
    {
        // What compilers make of a function for themselves: `name.constprop.0`, `name.cold`.
        var dot = symbol.IndexOf('.', StringComparison.Ordinal);
        var plain = dot > 0 ? symbol[..dot] : symbol;
        if (!plain.StartsWith("_Z", StringComparison.Ordinal)) return Short(plain);

        var reader = new Mangled(plain, 2);
        var text = new StringBuilder();
        return reader.TryName(text, 0) && text.Length > 0 ? Short(text.ToString()) : Short(plain);
    }

    private static string Short(string name) => name.Length <= NameMax ? name : name[..NameMax] + "…";

    private struct Mangled(string text, int at)
    {
        private int _at = at;

        private readonly char Next => _at < text.Length ? text[_at] : '\0';

        private bool Takes(char letter)
        {
            if (Next != letter) return false;
            _at++;
            return true;
        }

        public bool TryName(StringBuilder name, int depth)
        {
            if (depth > DepthMax) return false;
            if (Takes('N')) return TryNested(name, depth);
            if (Takes('Z'))
            {
                // Inside of a function: its name, its arguments, then what is in it.
                if (!TryName(name, depth + 1) || !SkipToEnd(depth + 1)) return false;
                name.Append("::");
                return TryName(name, depth + 1);
            }

            if (Next == 'S' && _at + 1 < text.Length && text[_at + 1] == 't')
            {
                _at += 2;
                name.Append("std::");
            }

            return TryPart(name, depth) && (!Takes('I') || SkipToEnd(depth + 1));
        }

        private bool TryNested(StringBuilder name, int depth)
        {
            while (Next is 'K' or 'V' or 'r' or 'R' or 'O') _at++;
            var isFirst = true;
            while (!Takes('E'))
            {
                if (Takes('I'))
                {
                    if (!SkipToEnd(depth + 1)) return false;
                    continue;
                }

                if (!isFirst) name.Append("::");
                isFirst = false;
                if (!TryPart(name, depth)) return false;
            }

            return !isFirst;
        }

        private bool TryPart(StringBuilder name, int depth)
        {
            while (Takes('L'))
            {
            }

            if (char.IsAsciiDigit(Next)) return TrySource(name) && TryTags();
            if (Takes('S')) return TryKnown(name);
            if (Takes('C') && char.IsAsciiDigit(Next))
            {
                _at++;
                name.Append(LastOf(name));
                return TryTags();
            }

            if (Takes('D') && char.IsAsciiDigit(Next))
            {
                _at++;
                var last = LastOf(name);
                name.Append('~').Append(last);
                return TryTags();
            }

            if (Takes('U'))
            {
                var isLambda = Takes('l');
                if (!isLambda && !Takes('t')) return false;
                if (isLambda && !SkipToEnd(depth + 1)) return false;
                while (char.IsAsciiDigit(Next)) _at++;
                name.Append(isLambda ? "[lambda]" : "[unnamed]");
                return Takes('_');
            }

            return TryOperator(name);
        }

        /// <summary>`B` and a name: a mark of the library's version.</summary>
        private bool TryTags()
        {
            while (Takes('B'))
            {
                if (!TrySource(new StringBuilder())) return false;
            }

            return true;
        }

        private bool TrySource(StringBuilder name)
        {
            var length = 0;
            while (char.IsAsciiDigit(Next) && length < text.Length) length = length * 10 + (text[_at++] - '0');
            if (length == 0 || length > text.Length - _at) return false;

            var source = text.AsSpan(_at, length);
            name.Append(source.StartsWith("_GLOBAL__N") ? "[file]" : source);
            _at += length;
            return true;
        }

        private bool TryKnown(StringBuilder name)
        {
            var known = Next switch
            {
                't' => "std",
                'a' => "std::allocator",
                'b' => "std::basic_string",
                's' => "std::string",
                'i' => "std::istream",
                'o' => "std::ostream",
                'd' => "std::iostream",
                _ => null,
            };
            _at++;
            name.Append(known);
            return known is not null;
        }

        private bool TryOperator(StringBuilder name)
        {
            if (_at + 2 > text.Length || !char.IsAsciiLetterLower(text[_at])) return false;

            var code = text.Substring(_at, 2);
            _at += 2;
            if (code == "cv") return false; // to a type, which would have to be read
            name.Append("operator").Append(code switch
            {
                "cl" => "()", "ix" => "[]", "eq" => "==", "ne" => "!=", "lt" => "<", "gt" => ">", "le" => "<=",
                "ge" => ">=", "pl" => "+", "mi" => "-", "ml" => "*", "dv" => "/", "aS" => "=", "pL" => "+=",
                "pt" => "->", "de" => "*", "ls" => "<<", "rs" => ">>", "pp" => "++", "nw" => " new",
                "dl" => " delete", "na" => " new[]", "da" => " delete[]",
                _ => " " + code,
            });
            return true;
        }

        private static string LastOf(StringBuilder name)
        {
            var all = name.ToString().TrimEnd(':');
            var last = all.LastIndexOf("::", StringComparison.Ordinal);
            return last < 0 ? all : all[(last + 2)..];
        }

        /// <summary>Passes over all up to the `E` that belongs to what was begun.</summary>
        private bool SkipToEnd(int depth)
        {
            if (depth > DepthMax) return false;

            while (_at < text.Length)
            {
                var letter = text[_at];
                if (char.IsAsciiDigit(letter))
                {
                    if (!TrySource(new StringBuilder())) return false;
                    continue;
                }

                _at++;
                switch (letter)
                {
                    case 'E':
                        return true;
                    case 'L':
                        if (!SkipLiteral(depth)) return false;
                        break;
                    case 'N' or 'I' or 'F' or 'X' or 'J':
                        if (!SkipToEnd(depth + 1)) return false;
                        break;
                    case 'S' or 'T':
                        SkipReference(letter);
                        break;
                    case 'A':
                        while (char.IsAsciiDigit(Next)) _at++;
                        break;
                    case 'D' when Next is 'T' or 't':
                        _at++;
                        if (!SkipToEnd(depth + 1)) return false;
                        break;
                }
            }

            return false;
        }

        /// <summary>A type and a number, up to an `E`.</summary>
        private bool SkipLiteral(int depth)
        {
            if (Takes('_')) return SkipToEnd(depth + 1); // a function: _Z and its name
            if (Takes('N'))
            {
                if (!SkipToEnd(depth + 1)) return false;
            }
            else if (char.IsAsciiDigit(Next))
            {
                if (!TrySource(new StringBuilder())) return false;
            }
            else if (Takes('S')) SkipReference('S');
            else _at++;

            while (char.IsAsciiLetterOrDigit(Next) && Next != 'E') _at++;
            return Takes('E');
        }

        /// <summary>`St`, `S_`, `S1A_`, `T_`, `T0_`.</summary>
        private void SkipReference(char kind)
        {
            if (kind == 'S' && char.IsAsciiLetterLower(Next))
            {
                _at++;
                return;
            }

            while (char.IsAsciiDigit(Next) || char.IsAsciiLetterUpper(Next)) _at++;
            Takes('_');
        }
    }
}
