// Package nodetest lets real clients, which are npm packages, talk to a server in tests: it starts a fixture (see package
// fixture), installs the packages of a folder and runs the tests in it. What is tested stands there. Where Node.js is
// missing the test fails and says what to install.
package nodetest
