// A phone menu as its authors write them, on the library ding-dong.
const AGIServer = require('ding-dong');

const menu = async (call) => {
  const vars = await call.onEvent('variables');
  console.log(`${vars.agi_callerid} ${vars.agi_extension} ${vars.agi_arg_1}`);
  const tell = async (answer) => console.log(`${answer.code} ${answer.result}${answer.value ? ` (${answer.value})` : ''}`);
  await tell(await call.answer());
  await tell(await call.streamFile('welcome', '#'));
  await tell(await call.getData('welcome', 3000, 2));
  await tell(await call.sayNumber(21, '#'));
  await tell(await call.databasePut('menu', 'last', 'monday'));
  await tell(await call.databaseGet('menu', 'last'));
  await tell(await call.exec('Set', 'FROM=exec'));
  await tell(await call.getVariable('FROM'));
  await tell(await call.setVariable('CHOICE', 'works'));
  await tell(await call.getFullVariable('${CHOICE}-${EXTEN}'));
  await tell(await call.setExtension('two'));
  await tell(await call.setPriority('1'));
  await tell(await call.noop());
  await call.end();
  process.exit(0);
};

const server = new AGIServer(menu).start(process.argv[2], '127.0.0.1');
server.on('listening', () => console.log('ready'));
