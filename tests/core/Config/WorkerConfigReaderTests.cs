using System.Text;
using NetSniff.Config;

namespace NetSniff.Tests.Config;

public sealed class WorkerConfigReaderTests
{
    [Fact]
    public void What_is_written_is_read_and_silence_is_nothing()
    {
        var config = Read("""
            { "retention": { "age": "3d", "bytes": "20Gi" },
              "serving": { "sqlTimeMax": "30s", "rowsMax": 500, }, // comments and commas are fine
              "names": { "file": "pods.yaml" } }
            """, out var problems);
        Assert.Empty(problems);
        Assert.Equal(("3d", "20Gi", "30s", 500, 0, "pods.yaml"), (
            config!.Retention.Age, config.Retention.Bytes, config.Serving.SqlTimeMax, config.Serving.RowsMax,
            config.Serving.SqlRowsMax, config.Names.File));
        Assert.Equal(new WorkerConfig(), Read("{}", out _));
    }

    [Theory]
    [InlineData("{\"retention\":{\"age\":\"5m\"}}", "retention.age: is a length of time from 1h to 366d, not '5m'")]
    [InlineData("{\"retention\":{\"bytes\":\"1Mi\"}}", "retention.bytes: is a quantity of 256Mi or more, not '1Mi'")]
    [InlineData("{\"retention\":{\"bytes\":\"lots\"}}", "retention.bytes: is a quantity")]
    [InlineData("{\"serving\":{\"rowsMax\":-1}}", "serving.rowsMax: is from 1 to")]
    [InlineData("{\"serving\":{\"sqlTimeMax\":\"2h\"}}", "serving.sqlTimeMax: is a length of time from 1s to 1h")]
    [InlineData("{\"names\":null}", "null stands where a value is needed")]
    [InlineData("{\"retension\":{}}", "retension")]
    [InlineData("[", "line 1")]
    public void What_makes_no_sense_is_refused_with_its_place(string json, string told)
    {
        Assert.Null(Read(json, out var problems));
        Assert.Contains(told, Assert.Single(problems).ToString(), StringComparison.Ordinal);
    }

    private static WorkerConfig? Read(string json, out IReadOnlyList<ConfigProblem> problems) =>
        WorkerConfigReader.Read(Encoding.UTF8.GetBytes(json), out problems);
}
