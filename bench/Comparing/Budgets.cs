using System.Text.Json.Nodes;

namespace NetSniff.Bench.Comparing;

/// <summary>Bytes allocated, exact: a time is charted, an allocation is a mistake.</summary>
internal static class Budgets
{
    public static bool Check(string path, JsonObject traces)
    {
        var budgets = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var isKept = true;
        foreach (var (trace, found) in traces)
        {
            foreach (var (name, budget) in budgets)
            {
                if (found![name]!.GetValue<double>() <= budget!.GetValue<double>()) continue;

                Console.Error.WriteLine($"over budget: {name} of {trace} is {found[name]}, at most {budget} (bench/budgets.json)");
                isKept = false;
            }
        }

        return isKept;
    }
}
