using System.Globalization;

namespace NetSniff.Fuzz;

/// <summary>`verb --name value … operand`: all that these tools need.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];
    private readonly List<string> _operands = [];

    public Arguments(string[] arguments)
    {
        Verb = arguments.Length > 0 ? arguments[0] : "";
        for (var index = 1; index < arguments.Length; index++)
        {
            var isOption = arguments[index].StartsWith("--", StringComparison.Ordinal) && index + 1 < arguments.Length;
            if (isOption) _values[arguments[index]] = arguments[++index];
            else _operands.Add(arguments[index]);
        }
    }

    public string Verb { get; }

    public IReadOnlyList<string> Operands => _operands;

    public string? Text(string name) => _values.GetValueOrDefault("--" + name) is { Length: > 0 } text ? text : null;

    public int Number(string name, int otherwise) =>
        Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public static int Refuse(string wanted)
    {
        Console.Error.WriteLine($"netsniff-fuzz: {wanted}");
        return 2;
    }
}
