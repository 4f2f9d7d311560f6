using NetSniff.Operator.Workers;

namespace NetSniff.Tests.Operator.Workers;

public class RuleMapsTests
{
    [Fact]
    public void Every_file_is_in_one_map_and_no_map_is_too_large()
    {
        var random = new Random(11);
        var files = Enumerable.Range(0, 60).ToDictionary(
            number => $"rule-{number:00}.yaml", _ => new string('x', random.Next(10, 400)));
        var (maps, left) = RuleMaps.Split(files, bytesMax: 2000);
        Assert.True(maps.Count <= WorkerObjects.RuleMapsMax);
        Assert.All(maps, map => Assert.True(map.Sum(file => file.Key.Length + file.Value.Length) <= 2000));
        Assert.Equal(
            files.Keys.Order(), maps.SelectMany(map => map.Keys).Concat(left).Order());
        Assert.All(maps.SelectMany(map => map), file => Assert.Equal(files[file.Key], file.Value));
        Assert.Equal(string.Join(',', maps.SelectMany(map => map.Keys)),
            string.Join(',', RuleMaps.Split(files, bytesMax: 2000).Maps.SelectMany(map => map.Keys)));
    }

    [Fact]
    public void What_is_larger_than_a_map_is_left_out_and_named()
    {
        var (maps, left) = RuleMaps.Split(
            new Dictionary<string, string> { ["big"] = new('x', 3000), ["small"] = "x" }, bytesMax: 2000);
        Assert.Equal(["big"], left);
        Assert.Equal(["small"], Assert.Single(maps).Keys);
    }
}
